import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { generateEphemeralKey } from '../../src/client/exchange/ephemeral-key.ts'
import { ApiCaller } from '../support/api-caller.ts'
import { freePort } from '../support/free-port.ts'
import { type Company, startCompany } from './company.ts'
import type { Missed } from './programs.ts'
import { startEndpoint } from './started-endpoint.ts'

const USERS = 48
const SECONDS = 8
const REACH = { perSecond: 300, p99Ms: 100, shareOfCommits: 0.4 } as const

/**
 * P6: whole elevations over HTTP at the built endpoint: DPoP proof, policy, request + grant + audit leaf in a durable
 * commit, issue + leaf in another, grant token signed, sealed answer. The cloud answers at once; load and endpoint share
 * the machine. Returns what was missed.
 */
export async function measureEndpoint(): Promise<readonly Missed[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'jit-bench-'))
  const company = await startCompany()
  const port = await freePort()
  const endpoint = await startEndpoint({ directory, port, company })
  try {
    const commits = rawCommits(path.join(directory, 'raw.db'))
    const callers = await Promise.all(Array.from({ length: USERS }, (_, index) => logIn(port, index, company)))
    const latencies: number[] = []
    const end = performance.now() + SECONDS * 1000
    const started = performance.now()
    await Promise.all(callers.map((caller, index) => keepElevating(caller, index, end, latencies)))
    const perSecond = (latencies.length * 1000) / (performance.now() - started)
    return report(perSecond, latencies, commits)
  } finally {
    endpoint.kill()
    await company.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

function report(perSecond: number, latencies: readonly number[], commits: number): readonly Missed[] {
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (q: number): number => sorted[Math.floor(sorted.length * q)] ?? Number.NaN
  const share = perSecond / commits
  console.log(
    `P6 endpoint, ${USERS} callers for ${SECONDS} s: ${perSecond.toFixed(0)} elevations/s, p50 ${at(0.5).toFixed(0)} ms, p99 ${at(0.99).toFixed(0)} ms, ${share.toFixed(2)} x the ${commits.toFixed(0)} raw durable commits/s of this disk`,
  )
  const missed = [
    ...(perSecond < REACH.perSecond ? [`P6: ${perSecond.toFixed(0)} elevations/s, reach ${REACH.perSecond}`] : []),
    ...(at(0.99) > REACH.p99Ms ? [`P6: p99 ${at(0.99).toFixed(0)} ms, reach ${REACH.p99Ms}`] : []),
    ...(share < REACH.shareOfCommits ? [`P6: ${share.toFixed(2)} x raw commits, reach ${REACH.shareOfCommits}`] : []),
  ]
  return missed.map((sentence) => ({ sentence, promised: false }))
}

async function logIn(port: number, index: number, company: Company): Promise<ApiCaller> {
  const caller = await ApiCaller.make(`http://127.0.0.1:${port}`, port)
  const answer = await caller.login(await company.idToken(`user-${index}`))
  if (answer.status !== 200) throw new Error(answer.text)
  return caller
}

async function keepElevating(caller: ApiCaller, index: number, end: number, latencies: number[]): Promise<void> {
  const { publicKey } = generateEphemeralKey()
  const headers = { 'x-forwarded-for': `192.0.2.${index + 1}` }
  while (performance.now() < end) {
    const started = performance.now()
    const body = { targets: ['staging-db'], durationSeconds: 3600, reason: 'bench', host: 'bench' }
    const request = await caller.call('/v1/requests', {
      method: 'POST',
      body,
      headers: { ...headers, 'idempotency-key': randomBytes(16).toString('hex') },
    })
    const [grant] = request.json['grants'] as { id: string }[]
    const answer = await caller.call(`/v1/grants/${grant?.id}/credentials`, {
      method: 'POST',
      body: { key: publicKey },
      headers,
    })
    if (answer.status !== 200) throw new Error(answer.text)
    latencies.push(performance.now() - started)
  }
}

/** One row, one commit, one fsync, as fast as one writer can. */
function rawCommits(file: string): number {
  const database = new DatabaseSync(file)
  database.exec(
    'pragma journal_mode = wal; pragma synchronous = full; create table t (id integer primary key, body text)',
  )
  const insert = database.prepare('insert into t (body) values (?)')
  const started = performance.now()
  let count = 0
  while (performance.now() - started < 2000) {
    insert.run('x'.repeat(300))
    count++
  }
  database.close()
  return count / 2
}
