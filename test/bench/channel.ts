import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ApiCaller } from '../support/api-caller.ts'
import { freePort } from '../support/free-port.ts'
import { startPostgres } from '../support/postgres.ts'
import { type Company, startCompany } from './company.ts'
import type { Missed } from './programs.ts'
import { startEndpoint } from './started-endpoint.ts'

const MACHINES = 1_000
const ROUNDS = 15
/** Logins under way at once. */
const TOGETHER = 50
const REACH = { toldMs: 5_000, refusedMs: 1_000 } as const

type Setting = { readonly ports: readonly number[]; readonly company: Company }

/**
 * S5: people with a grant each wait at the channel of the built endpoint, over HTTP on loopback; then somebody kills
 * everything. How long until each of them is told, and until nothing more is given at any replica. With PostgreSQL there are
 * two replicas, and the kill is thrown at the first.
 */
export async function measureChannel(machines = MACHINES, kind = 'sqlite'): Promise<readonly Missed[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'jit-bench-channel-'))
  const [company, server] = [await startCompany(), kind === 'postgres' ? await startPostgres() : undefined]
  const ports = server === undefined ? [await freePort()] : [await freePort(), await freePort()]
  const database = await server?.database()
  const replicas = []
  try {
    for (const port of ports)
      replicas.push(
        await startEndpoint({
          directory,
          port,
          company,
          url: `http://127.0.0.1:${ports[0]}`,
          ...(database !== undefined && { database }),
        }),
      )
    return await measure({ ports, company }, machines, kind)
  } finally {
    for (const replica of replicas) replica.kill()
    await company.close()
    await server?.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function measure(setting: Setting, machines: number, kind: string): Promise<readonly Missed[]> {
  const ada = await logIn(setting, 'ada', 0)
  const refusals: number[] = []
  for (let round = 0; round < ROUNDS; round++) refusals.push(...(await untilRefused(setting, ada, round)))

  const holders = await holdersOf(setting, machines)
  let killedAt = Number.NaN
  const waiting = holders.map(async ({ caller, grant }) => {
    const answer = await caller.call('/v1/channel', { method: 'POST', body: { grants: [grant], waitSeconds: 25 } })
    const [ended] = answer.json['ended'] as { reason: string }[]
    if (ended?.reason !== 'killed') throw new Error(`${answer.status} ${answer.text}`)
    return performance.now() - killedAt
  })
  await pause(5_000) // all calls have arrived: the answer to one takes milliseconds
  killedAt = performance.now()
  const stop = await post(ada, '/v1/stops', { scope: 'all', reason: 'bench' })
  const answeredMs = performance.now() - killedAt
  if (stop['endedGrants'] !== machines) throw new Error(JSON.stringify(stop))
  return report(kind, await Promise.all(waiting), refusals, answeredMs)
}

function report(kind: string, told: readonly number[], refusals: readonly number[], answeredMs: number) {
  const at = (times: readonly number[], q: number): number =>
    times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * q))] ?? Number.NaN
  const [told99, refused99] = [at(told, 0.99), at(refusals, 0.99)]
  console.log(
    `S5 kill switch, ${kind}: ${told.length} machines told, p50 ${at(told, 0.5).toFixed(0)} ms, p99 ${told99.toFixed(0)} ms, last ${at(told, 1).toFixed(0)} ms (kill answered after ${answeredMs.toFixed(0)} ms); issuance refused everywhere, ${refusals.length} times, p99 ${refused99.toFixed(0)} ms`,
  )
  const missed = [
    ...(at(told, 1) > REACH.toldMs ? [`S5: the last machine was told after ${at(told, 1).toFixed(0)} ms`] : []),
    ...(refused99 > REACH.refusedMs ? [`S5: issuance was refused after ${refused99.toFixed(0)} ms`] : []),
  ]
  return missed.map((sentence) => ({ sentence, promised: true }))
}

/** From the kill on, somebody asks again and again at each replica. When was the last yes? */
async function untilRefused(setting: Setting, ada: ApiCaller, round: number): Promise<readonly number[]> {
  const askers = await Promise.all(setting.ports.map((_, at) => logIn(setting, `asker-${round}-${at}`, at)))
  const thrownAt = performance.now()
  const kill = post(ada, '/v1/stops', { scope: 'all', reason: 'bench' })
  const times = await Promise.all(
    askers.map(async (asker) => {
      for (;;) {
        const { status } = await asker.ask({ targets: ['staging-db'], durationSeconds: 600, reason: 'b', host: 'b' })
        if (status === 403) return performance.now() - thrownAt
        if (status !== 200) throw new Error(String(status))
      }
    }),
  )
  const { stop } = (await kill) as { stop: { id: string } }
  await post(ada, `/v1/stops/${stop.id}/lift`, undefined)
  return times
}

async function holdersOf(setting: Setting, machines: number) {
  const holders: { readonly caller: ApiCaller; readonly grant: string }[] = []
  for (let from = 0; from < machines; from += TOGETHER)
    holders.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(TOGETHER, machines - from) }, async (_, i) => {
          const caller = await logIn(setting, `user-${from + i}`, i)
          const body = { targets: ['staging-db'], durationSeconds: 3600, reason: 'bench', host: 'bench' }
          const [grant] = (await caller.ask(body)).json['grants'] as { id: string }[]
          return { caller, grant: grant?.id ?? '' }
        }),
      )),
    )
  return holders
}

async function logIn({ ports, company }: Setting, subject: string, index: number): Promise<ApiCaller> {
  const caller = await ApiCaller.make(`http://127.0.0.1:${ports[0]}`, ports[index % ports.length] ?? 0)
  const answer = await caller.login(await company.idToken(subject))
  if (answer.status !== 200) throw new Error(answer.text)
  return caller
}

async function post(caller: ApiCaller, at: string, body: unknown): Promise<Readonly<Record<string, unknown>>> {
  const answer = await caller.call(at, { method: 'POST', body })
  if (answer.status !== 200) throw new Error(answer.text)
  return answer.json
}

/** `node test/bench/channel.ts [machines] [sqlite|postgres]` */
if (import.meta.main) {
  for (const { sentence } of await measureChannel(Number(process.argv[2] ?? MACHINES), process.argv[3])) {
    console.error(`missed: ${sentence}`)
    process.exitCode = 1
  }
}
