/**
 * P8: how the cost of each call grows with the grants that lie in the history, 10, 1,000 and 100,000, all of one person: of the
 * endpoint's state alone, and of whole programs of somebody who is logged in there. All histories are timed in turn.
 * `node test/bench/history.ts [rounds]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { list, object, string } from '../../src/contract/narrow.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { openSqliteStore } from '../../src/server/store/sqlite.ts'
import type { Store } from '../../src/server/store/types.ts'
import { approvalsOver, caller, wanted } from '../support/approvals.ts'
import type { PersonHome } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'
import type { Missed } from './programs.ts'

const REACH = 1.5
const GRANTS = [10, 1_000, 100_000] as const
/** A round that only warms up. */
const WARMING = 1
const PROGRAM_ROUNDS = 15
const [rob, ann, ada] = [caller('rob'), caller('ann'), caller('ada')]

type Timed<H> = Readonly<Record<string, (history: H) => Promise<unknown>>>

/** Prints each call's medians; returns those that grow. */
export async function measureHistory(rounds = 60): Promise<readonly Missed[]> {
  const directory = mkdtempSync(join(tmpdir(), 'jit-bench-history-'))
  try {
    return [...(await ofState(directory, rounds)), ...(await ofPrograms())]
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function ofState(directory: string, rounds: number): Promise<readonly Missed[]> {
  const histories = []
  for (const count of GRANTS) {
    const store = await openSqliteStore(join(directory, `${count}.db`), systemClock)
    await fill(store, (await approvalsOver(store).ask(rob, wanted(), 'seed')).id, count)
    histories.push({ store, approvals: approvalsOver(store), pending: [] as string[], grant: '' })
  }
  let key = 0
  const calls: Timed<(typeof histories)[number]> = {
    'decision (ask, approved at once)': async (history) => {
      const { grants } = await history.approvals.ask(rob, wanted(), `k${++key}`)
      history.grant = grants[0]?.id ?? ''
    },
    issue: ({ approvals, grant }) => approvals.issue(rob, grant),
    'ask people': async ({ approvals, pending }) => {
      pending.push((await approvals.ask(rob, wanted({ targets: ['prod'] }), `k${++key}`)).id)
    },
    'to review': ({ approvals }) => approvals.list(ann, 'to-review'),
    'decision of people': ({ approvals, pending }) => approvals.approve(ann, pending.pop() ?? ''),
    channel: ({ approvals, grant }) =>
      approvals.channel(rob, { grants: [grant], waitSeconds: 0 }, new AbortController().signal),
    'kill switch': async ({ approvals }) => {
      const { stop } = await approvals.throwStop(ada, { scope: 'user', value: 'nobody', reason: 'bench' })
      await approvals.liftStop(ada, stop.id)
    },
    'end grant': ({ approvals, grant }) => approvals.end(rob, grant, 'revoked'),
    'sweep of the endpoint': ({ approvals }) => approvals.sweep(),
  }
  const missed = await compared(histories, calls, rounds)
  for (const { store } of histories) await store.close()
  return missed
}

const readGrants = object({ grants: list(object({ grant: string })) })

/** Somebody's own commands: a machine remembers no grant that is over, and its endpoint remembers them all. */
async function ofPrograms(): Promise<readonly Missed[]> {
  const worlds: { readonly world: World; readonly alice: PersonHome }[] = []
  try {
    for (const count of GRANTS) {
      const world = await startWorld()
      const alice = world.person('alice')
      worlds.push({ world, alice })
      const jit = async (...args: string[]): Promise<string> => {
        const { code, stdout, stderr } = await alice.jit(...args)
        if (code !== 0) throw new Error(stderr)
        return stdout
      }
      const { code, stderr } = await alice.logIn()
      if (code !== 0) throw new Error(stderr)
      const elevated = await jit('elevate', 'staging-db', '--for', '1h', '--reason', 'bench', '--json')
      await world.endpoint.stop()
      const store = await openSqliteStore(join(dirname(world.endpoint.config), 'data', 'jit.db'), systemClock)
      const grant = await store.grant(readGrants(JSON.parse(elevated), 'elevate').grants[0]?.grant ?? '')
      await fill(store, grant?.requestId ?? '', count)
      await store.close()
      await world.endpoint.start()
    }
    const command =
      (...args: string[]) =>
      async ({ alice }: (typeof worlds)[number]): Promise<void> => {
        const { code, stderr } = await alice.jit(...args)
        if (code !== 0) throw new Error(stderr)
      }
    return await compared(
      worlds,
      { 'jit status': command('status', '--json'), 'jit sweep': command('sweep'), 'jit requests': command('requests') },
      PROGRAM_ROUNDS,
    )
  } finally {
    for (const { world } of worlds) {
      await world.close()
    }
  }
}

/** Copies of a real request, grant and leaf, written straight into the store; all of them are over. */
async function fill(store: Store, id: string, count: number): Promise<void> {
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

/** In turn, and each history first as often as the others: who comes first pays for cold caches. */
async function compared<H>(histories: readonly H[], calls: Timed<H>, rounds: number): Promise<readonly Missed[]> {
  const taken = new Map(Object.keys(calls).map((name) => [name, histories.map((): number[] => [])]))
  for (let round = 0; round < rounds + WARMING; round++)
    for (const [name, call] of Object.entries(calls))
      for (let turn = 0; turn < histories.length; turn++) {
        const index = (turn + round) % histories.length
        const history = histories[index]
        if (history === undefined) continue
        const started = performance.now()
        await call(history)
        if (round >= WARMING) taken.get(name)?.[index]?.push(performance.now() - started)
      }
  return [...taken].flatMap(([name, times]) => {
    const [few = 0, some = 0, many = 0] = times.map(median)
    const growth = many / few
    console.log(
      `P8 ${name.padEnd(34)} ${[few, some, many].map((ms) => `${ms.toFixed(2).padStart(8)} ms`).join(' ')}  x${growth.toFixed(2)} (reach x${REACH})`,
    )
    return growth <= REACH ? [] : [{ sentence: `P8 ${name}: x${growth.toFixed(2)}, reach x${REACH}`, promised: true }]
  })
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

if (import.meta.main) {
  const missed = await measureHistory(Number(process.argv[2] ?? 60))
  for (const { sentence } of missed) console.error(`missed: ${sentence}`)
  process.exitCode = missed.length === 0 ? 0 : 1
}
