/**
 * P6: whole elevations over HTTP at the built endpoint: DPoP proof, policy, request + grant + audit leaf in a durable
 * commit, issue + leaf in another, grant token signed, sealed answer. An STS that answers at once and the callers share the
 * machine with it, in this one process.
 * `npm run build && node test/bench/endpoint.ts`
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { generateEphemeralKey } from '../../src/client/exchange/ephemeral-key.ts'
import { ApiCaller } from '../support/api-caller.ts'
import { freePort } from '../support/free-port.ts'
import { type Company, startCompany } from './company.ts'
import { processorTime } from './processor-time.ts'
import type { Missed } from './programs.ts'
import { startEndpoint } from './started-endpoint.ts'

const USERS = 48
const WARMING_SECONDS = 4
const SECONDS = 8
const REACH = { perSecond: 300, p99Ms: 100, shareOfCommits: 0.4 } as const

type Elevate = () => Promise<void>

/** Prints what it carries at most, and how long one elevation takes at half of that. Returns what was missed. */
export async function measureEndpoint(): Promise<readonly Missed[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'jit-bench-'))
  const company = await startCompany()
  const port = await freePort()
  const endpoint = await startEndpoint({ directory, port, company })
  try {
    const callers = await Promise.all(Array.from({ length: USERS }, (_, index) => elevatorOf(port, index, company)))
    await saturated(callers, WARMING_SECONDS)
    const commits = rawCommits(path.join(directory, 'raw.db'))
    const pids = [endpoint.pid ?? 0, process.pid] as const
    const before = pids.map(processorTime)
    const most = await saturated(callers, SECONDS)
    const [ofEndpoint = 0, ofCallers = 0] = pids.map((pid, index) => processorTime(pid) - (before[index] ?? 0))
    const spent = { endpoint: (ofEndpoint * 1000) / most.count, callers: (ofCallers * 1000) / most.count }
    const rate = most.perSecond / 2
    return report({ ...most, commits, spent, rate, latencies: await atRate(callers, rate, SECONDS) })
  } finally {
    endpoint.kill()
    await company.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

type Found = {
  readonly perSecond: number
  readonly commits: number
  /** Processor time of one elevation in ms: of the endpoint, and of callers and STS together. */
  readonly spent: { readonly endpoint: number; readonly callers: number }
  readonly rate: number
  readonly latencies: readonly number[]
}

function report({ perSecond, commits, spent, rate, latencies }: Found): readonly Missed[] {
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (q: number): number => sorted[Math.floor(sorted.length * q)] ?? Number.NaN
  const share = perSecond / commits
  console.log(
    `P6 endpoint, ${USERS} callers without a pause: ${perSecond.toFixed(0)} elevations/s, ${share.toFixed(2)} x the ${commits.toFixed(0)} raw durable commits/s of this disk; processor for one: endpoint ${spent.endpoint.toFixed(1)} ms, callers and STS ${spent.callers.toFixed(1)} ms`,
  )
  console.log(
    `P6 endpoint, ${rate.toFixed(0)} elevations/s, half of that, evenly: p50 ${at(0.5).toFixed(0)} ms, p99 ${at(0.99).toFixed(0)} ms`,
  )
  const missed = [
    ...(perSecond < REACH.perSecond ? [`P6: ${perSecond.toFixed(0)} elevations/s, reach ${REACH.perSecond}`] : []),
    ...(at(0.99) > REACH.p99Ms ? [`P6: p99 ${at(0.99).toFixed(0)} ms, reach ${REACH.p99Ms}`] : []),
    ...(share < REACH.shareOfCommits ? [`P6: ${share.toFixed(2)} x raw commits, reach ${REACH.shareOfCommits}`] : []),
  ]
  return missed.map((sentence) => ({ sentence, promised: false }))
}

/** Everybody elevates again as soon as he is answered: what the endpoint carries. How long one waits says nothing here. */
async function saturated(callers: readonly Elevate[], seconds: number) {
  const started = performance.now()
  const end = started + seconds * 1000
  let count = 0
  await Promise.all(
    callers.map(async (elevate) => {
      for (; performance.now() < end; count++) await elevate()
    }),
  )
  return { count, perSecond: (count * 1000) / (performance.now() - started) }
}

/** Elevations that begin at fixed times, whether or not those before are answered: each latency counts from that time. */
async function atRate(callers: readonly Elevate[], perSecond: number, seconds: number): Promise<readonly number[]> {
  const started = performance.now()
  return Promise.all(
    Array.from({ length: Math.floor(perSecond * seconds) }, async (_, index) => {
      const due = started + (index * 1000) / perSecond
      await pause(Math.max(0, due - performance.now()))
      await callers[index % callers.length]?.()
      return performance.now() - due
    }),
  )
}

async function elevatorOf(port: number, index: number, company: Company): Promise<Elevate> {
  const caller = await ApiCaller.make(`http://127.0.0.1:${port}`, port)
  const login = await caller.login(await company.idToken(`user-${index}`))
  if (login.status !== 200) throw new Error(login.text)
  const { publicKey } = generateEphemeralKey()
  const headers = { 'x-forwarded-for': `192.0.2.${index + 1}` }
  const body = { targets: ['staging-db'], durationSeconds: 3600, reason: 'bench', host: 'bench' }
  return async () => {
    const request = await caller.call('/v1/requests', {
      method: 'POST',
      body,
      headers: { ...headers, 'idempotency-key': randomBytes(16).toString('hex') },
    })
    if (request.status !== 200) throw new Error(request.text)
    const [grant] = request.json['grants'] as { id: string }[]
    const answer = await caller.call(`/v1/grants/${grant?.id}/credentials`, {
      method: 'POST',
      body: { key: publicKey },
      headers,
    })
    if (answer.status !== 200) throw new Error(answer.text)
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

if (import.meta.main) for (const { sentence } of await measureEndpoint()) console.log(`not reached yet: ${sentence}`)
