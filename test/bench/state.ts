/**
 * How many elevations a second the endpoint's state can take on this disk: ask + automatic approval + grant + leaves in one
 * durable commit, then issue + leaf in another. Beside it the raw rate of durable commits, so that the ratio survives
 * another disk. `node test/bench/state.ts [rounds] [postgres]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock } from '../../src/platform/clock.ts'
import { openStore } from '../../src/server/store/open.ts'
import { approvalsOver, caller, wanted } from '../support/approvals.ts'
import { startPostgres } from '../support/postgres.ts'

const rounds = Number(process.argv[2] ?? 15)
const PER_ROUND = 200
const IN_FLIGHT = 32

const directory = mkdtempSync(join(tmpdir(), 'jit-bench-state-'))
const server = process.argv[3] === 'postgres' ? await startPostgres() : undefined
const store = await openStore(
  server === undefined
    ? { kind: 'sqlite', path: join(directory, 'endpoint.db') }
    : { kind: 'postgres', url: await server.database() },
  { clock: systemClock, report: (error) => console.error(error) },
)
const approvals = approvalsOver(store)
const raw = new DatabaseSync(join(directory, 'raw.db'))
raw.exec('pragma journal_mode = wal; pragma synchronous = full; create table t (id integer primary key, body text)')
const insert = raw.prepare('insert into t (body) values (?)')

const latencies: number[] = []
let asked = 0

async function elevate(): Promise<number> {
  const started = performance.now()
  const who = caller(`user-${asked++ % 50}`)
  const request = await approvals.ask(who, wanted(), `key-${asked}`)
  const grant = request.grants[0]
  if (grant === undefined) throw new Error('no grant')
  await approvals.issue(who, grant.id)
  return performance.now() - started
}

async function perSecond(count: number, inFlight: number, work: () => unknown): Promise<number> {
  const started = performance.now()
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return (count * 1000) / (performance.now() - started)
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const serial: number[] = []
const parallel: number[] = []
const commits: number[] = []
for (let round = 0; round < rounds; round++) {
  commits.push(await perSecond(PER_ROUND, 1, () => insert.run('x'.repeat(300))))
  serial.push(await perSecond(PER_ROUND / 4, 1, elevate))
  parallel.push(await perSecond(PER_ROUND, IN_FLIGHT, async () => latencies.push(await elevate())))
}
latencies.sort((a, b) => a - b)
const ratio = median(parallel) / median(commits)
const p99 = latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN
console.log(`${store.name}, median of ${rounds} rounds`)
console.log(`raw durable commits      ${median(commits).toFixed(0)}/s`)
console.log(`elevations, one by one   ${median(serial).toFixed(0)}/s`)
console.log(
  `elevations, ${IN_FLIGHT} at once   ${median(parallel).toFixed(0)}/s, p99 ${p99.toFixed(1)} ms, ${ratio.toFixed(2)} of raw commits`,
)
raw.close()
await store.close()
await server?.stop()
rmSync(directory, { recursive: true })
if (server === undefined && (median(parallel) < 300 || p99 > 100)) process.exitCode = 1
