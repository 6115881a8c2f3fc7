/**
 * How the cost of each call grows with the grants that lie in the history (BARS P8): 10, 1,000 and 100,000, all of one
 * person, each history in a database of its own and all three timed in turn. `node test/bench/history.ts [rounds]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/platform/clock.ts'
import { openSqliteStore } from '../../src/server/store/sqlite.ts'
import type { Store } from '../../src/server/store/types.ts'
import { approvalsOver, caller, wanted } from '../support/approvals.ts'

const rounds = Number(process.argv[2] ?? 151)
const LONGEST_GROWTH = 1.5
const directory = mkdtempSync(join(tmpdir(), 'jit-bench-history-'))
const [rob, ann, ada] = [caller('rob'), caller('ann'), caller('ada')]

/** Copies of a real request, grant and leaf, written straight into the store. */
async function fill(store: Store, count: number): Promise<void> {
  const { id } = await approvalsOver(store).ask(rob, wanted(), 'seed')
  const [request, [grant]] = [await store.request(id), await store.grantsOf([id])]
  if (request === undefined || grant === undefined) throw new Error('nothing to copy')
  for (let from = 0; from < count; from += 500)
    await store.transaction(async (tx) => {
      for (let i = from; i < Math.min(count, from + 500); i++) {
        await tx.insertRequest({ ...request, id: `r_${i}`, createdAt: request.createdAt - i })
        await tx.insertGrants([{ ...grant, id: `g_${i}`, requestId: `r_${i}`, endsAt: request.createdAt - i }])
        await tx.rememberIdempotencyKey({
          issuer: 'i',
          subject: 's',
          key: `${i}`,
          bodyHash: '',
          requestId: '',
          createdAt: request.createdAt,
        })
      }
    })
}

async function open(count: number) {
  const store = await openSqliteStore(join(directory, `${count}.db`), systemClock)
  await fill(store, count)
  return { store, approvals: approvalsOver(store), pending: [] as string[], grant: '' }
}
type History = Awaited<ReturnType<typeof open>>

let key = 0
const CALLS: Readonly<Record<string, (history: History) => Promise<unknown>>> = {
  ask: async (history) => {
    const { grants } = await history.approvals.ask(rob, wanted(), `k${++key}`)
    history.grant = grants[0]?.id ?? ''
  },
  issue: ({ approvals, grant }) => approvals.issue(rob, grant),
  'ask people': async ({ approvals, pending }) => {
    pending.push((await approvals.ask(rob, wanted({ targets: ['prod'] }), `k${++key}`)).id)
  },
  'to review': ({ approvals }) => approvals.list(ann, 'to-review'),
  approve: ({ approvals, pending }) => approvals.approve(ann, pending.pop() ?? ''),
  channel: ({ approvals, grant }) =>
    approvals.channel(rob, { grants: [grant], waitSeconds: 0 }, new AbortController().signal),
  kill: async ({ approvals }) => {
    const { stop } = await approvals.throwStop(ada, { scope: 'user', value: 'nobody', reason: 'bench' })
    await approvals.liftStop(ada, stop.id)
  },
  'end grant': ({ approvals, grant }) => approvals.end(rob, grant, 'revoked'),
  sweep: ({ approvals }) => approvals.sweep(),
}

const histories = [await open(10), await open(1_000), await open(100_000)] as const
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const taken = new Map(Object.keys(CALLS).map((name) => [name, histories.map((): number[] => [])]))
for (let round = 0; round < rounds; round++)
  for (const [name, call] of Object.entries(CALLS))
    for (const [index, history] of histories.entries()) {
      const started = performance.now()
      await call(history)
      if (round > 10) taken.get(name)?.[index]?.push(performance.now() - started)
    }
for (const [name, times] of taken) {
  const [few = 0, some = 0, many = 0] = times.map(median)
  const growth = many / few
  console.log(
    `${name.padEnd(11)} ${few.toFixed(2)} ms  ${some.toFixed(2)} ms  ${many.toFixed(2)} ms  × ${growth.toFixed(2)}${growth > LONGEST_GROWTH ? '  grows' : ''}`,
  )
  if (growth > LONGEST_GROWTH) process.exitCode = 1
}
for (const { store } of histories) await store.close()
rmSync(directory, { recursive: true })
