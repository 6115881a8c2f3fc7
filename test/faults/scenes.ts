import type { Leasing } from '../../src/client/leasing.ts'
import type { Clock } from '../../src/platform/clock.ts'
import { awsDelivery, newLease } from '../support/aws-lease.ts'
import { plainDelivery } from '../support/plain-sinks.ts'
import type { TempHome } from '../support/temp-home.ts'
import { type Original, writeBehind } from './originals.ts'

/** What jit is doing when the fault comes. `prepare` happens without one. */
export type Scene = {
  readonly prepare: (stage: Stage) => Promise<unknown>
  readonly act: (leasing: Leasing, clock: Clock) => Promise<unknown>
  /** The user has written behind our block in `prepare`. */
  readonly hasBehind?: true
  /** The lease must live by the clock of whoever acts; a process of its own has only the true one, under which it is over. */
  readonly renews?: true
}
export type Stage = {
  readonly home: TempHome
  readonly original: Original
  readonly leasing: Leasing
  readonly clock: Clock & { advance(ms: number): void }
}

const HOUR_MS = 3_600_000
const write =
  (id: string, target: string, ttlMs = HOUR_MS) =>
  (leasing: Leasing, clock: Clock) =>
    leasing.write(newLease(clock, id, target, ttlMs), awsDelivery(`jit-${target}`, id === 'g2' ? 'Longer' : ''))
/** Of two clouds: an entry in a file of the user's, and files that are wholly ours. */
const both =
  (id: string, target: string, mark = '') =>
  (leasing: Leasing, clock: Clock) =>
    leasing.write(newLease(clock, id, target), [
      ...awsDelivery(`jit-${target}`, mark),
      plainDelivery(`jit-${target}`, mark),
    ])
const renewBoth = (id: string, target: string) => (leasing: Leasing) =>
  leasing.renew(id, [...awsDelivery(`jit-${target}`, 'Second'), plainDelivery(`jit-${target}`, 'Second')])
const sealed =
  (id: string, target: string, mark = '') =>
  (leasing: Leasing, clock: Clock) =>
    leasing.write({ ...newLease(clock, id, target), deliver: 'process' }, [plainDelivery(`jit-${target}`, mark)])
const wipe = (id: string) => (leasing: Leasing) => leasing.wipe([id], 'revoked')
const one = write('g1', 'one')
const two = write('g2', 'two')
const secondEndsFirst = write('g2', 'two', HOUR_MS / 2)

const after =
  (...steps: readonly ((leasing: Leasing, clock: Clock) => Promise<unknown>)[]) =>
  async ({ leasing, clock }: Stage) => {
    for (const step of steps) await step(leasing, clock)
  }
const withBehind = (prepare: Scene['prepare']) => async (stage: Stage) => {
  await prepare(stage)
  writeBehind(stage.home, stage.original)
}

export const SCENES: Readonly<Record<string, Scene>> = {
  write: { prepare: after(), act: one },
  'write beside another lease': { prepare: after(one), act: two },
  'write over an earlier lease': { prepare: after(one), act: write('g2', 'one') },
  'write over an earlier lease, text behind': {
    prepare: withBehind(after(one)),
    act: write('g2', 'one'),
    hasBehind: true,
  },
  wipe: { prepare: after(one), act: wipe('g1') },
  'wipe, text behind': { prepare: withBehind(after(one)), act: wipe('g1'), hasBehind: true },
  'wipe the first of two': { prepare: after(one, two), act: wipe('g1') },
  'wipe the second of two, text behind': {
    prepare: withBehind(after(one, secondEndsFirst)),
    act: wipe('g1'),
    hasBehind: true,
  },
  'wipe the one that ends last, text behind': {
    prepare: withBehind(after(one, two)),
    act: wipe('g2'),
    hasBehind: true,
  },
  sweep: {
    prepare: async (stage) => {
      await after(write('g1', 'one', 60_000), two)(stage)
      stage.clock.advance(61_000)
    },
    act: (leasing) => leasing.sweep(),
  },
  'write in two clouds': { prepare: after(), act: both('g1', 'one') },
  'write in two clouds over an earlier lease': { prepare: after(both('g1', 'one')), act: both('g2', 'one', 'Longer') },
  'renew in two clouds': { prepare: after(both('g1', 'one')), act: renewBoth('g1', 'one'), renews: true },
  'wipe in two clouds': { prepare: after(both('g1', 'one'), two), act: wipe('g1') },
  'write sealed': { prepare: after(), act: sealed('g1', 'one') },
  'write sealed over an earlier lease': { prepare: after(sealed('g1', 'one')), act: sealed('g2', 'one', 'Longer') },
  'renew sealed': {
    prepare: after(sealed('g1', 'one')),
    act: (leasing) => leasing.renew('g1', [plainDelivery('jit-one', 'Second')]),
    renews: true,
  },
  'wipe sealed': { prepare: after(sealed('g1', 'one'), one), act: wipe('g1') },
}
