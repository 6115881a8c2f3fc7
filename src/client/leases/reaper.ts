import { join } from 'node:path'
import { JitError } from '../../base/errors.ts'
import type { Clock } from '../../platform/clock.ts'
import { attempt, ifExists } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import { withLock } from '../../platform/lock.ts'
import { untilSweep } from './due.ts'
import { NEAR_MS, recollection } from './recollection.ts'
import type { LeaseStore } from './store.ts'
import type { Lease } from './types.ts'

const SHORT_TICK_MS = 1000
const LONG_TICK_MS = 2000
const LOCK_WAIT_MS = 3000

export type ReaperDeps = {
  readonly store: LeaseStore
  readonly clock: Clock
  /** Where `reaper.lock` lies. */
  readonly locks: () => string
  readonly isDue: () => boolean
  readonly sweep: () => Promise<unknown>
  /** What else leases need from time to time (renewal). Must return at once: nothing may hold up a wipe. What it throws is dropped. */
  readonly besides: (leases: readonly Lease[]) => void
}

/** Whether a reaper is at work. Its lock is the one thing that a killed one lets go of. */
export async function isReaping(fs: FileSystem, locks: string, clock: Clock): Promise<boolean> {
  const lock = join(locks, 'reaper.lock')
  if (ifExists(() => fs.stat(lock)) === undefined) return false
  try {
    await withLock(lock, clock, 0, async () => undefined) // for less time than a reaper that starts now would wait
    return false
  } catch (error) {
    if (error instanceof JitError && error.code === 'LOCKED') return true
    throw error
  }
}

/** Ends leases on time while any lives, and is the only one on this machine to do so. */
export async function runReaper(deps: ReaperDeps, signal: AbortSignal): Promise<void> {
  const { store, clock, locks } = deps
  store.prepare()
  try {
    // A lease written while the last reaper was leaving must not stay without one: look again after letting go of the lock.
    while (!signal.aborted && isAnythingLeft(store))
      await withLock(join(locks(), 'reaper.lock'), clock, LOCK_WAIT_MS, () => reap(deps, signal))
  } catch (error) {
    if (error instanceof JitError && error.code === 'LOCKED') return // another reaper is at work
    throw error
  }
}

/**
 * Never one long timer: timers stand still in suspend on Linux, and clocks are set. The long tick bounds how late a new, very
 * short lease is noticed; it comes forty thousand times a day, and so reads no more than it must.
 */
async function reap(deps: ReaperDeps, signal: AbortSignal): Promise<void> {
  const { store, clock, besides } = deps
  const { recall, keep } = recollection(store, clock)
  while (!signal.aborted) {
    const changedAt = store.changedAt()
    const known = recall()
    const leases = known ?? (await look(deps))
    if (leases === undefined) return
    if (known === undefined) keep(changedAt, leases)
    store.seeTime()
    attempt(() => besides(leases)) // a mistake there must not cost the wipe
    await clock.sleep(tickMs(leases, clock), signal)
  }
}

/** What lies here once what is due was swept; `undefined`: nothing at all. */
async function look({ store, isDue, sweep }: ReaperDeps): Promise<readonly Lease[] | undefined> {
  const found = store.list()
  if (found.length === 0 && store.unreadable().length === 0) return undefined
  return isDue() ? listAfter(sweep, store) : found
}

/** Whatever goes wrong (the lock is taken, the disk is full) is tried again: giving up would leave secrets behind. */
async function listAfter(sweep: () => Promise<unknown>, store: LeaseStore): Promise<readonly Lease[]> {
  try {
    await sweep()
  } catch {
    return store.list()
  }
  return store.list()
}

const isAnythingLeft = (store: LeaseStore): boolean => store.list().length > 0 || store.unreadable().length > 0

function tickMs(leases: readonly Lease[], clock: Clock): number {
  const next = untilSweep(leases, [], clock) ?? 0
  if (leases.length === 0 || next > NEAR_MS) return LONG_TICK_MS
  if (next < -SHORT_TICK_MS) return SHORT_TICK_MS // still there though it was tried
  return Math.min(SHORT_TICK_MS, Math.max(50, next))
}
