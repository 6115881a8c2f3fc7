import { join } from 'node:path'
import { JitError } from '../../base/errors.ts'
import type { Clock } from '../../platform/clock.ts'
import { ifExists } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import { withLock } from '../../platform/lock.ts'
import { remainingMs } from './expiry.ts'
import type { LeaseStore } from './store.ts'
import type { Lease } from './types.ts'

const NEAR_MS = 60_000
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
  /** What else leases need from time to time (renewal). Must return at once and never throw: nothing may hold up a wipe. */
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
 * short lease is noticed; a tick reads one directory and the entries in it.
 */
async function reap({ store, clock, isDue, sweep, besides }: ReaperDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && isAnythingLeft(store)) {
    store.seeTime()
    if (isDue()) await untilNextTick(sweep)
    besides(store.list())
    await clock.sleep(tickMs(store, clock), signal)
  }
}

/** Whatever goes wrong (the lock is taken, the disk is full) is tried again: giving up would leave secrets behind. */
async function untilNextTick(sweep: () => Promise<unknown>): Promise<void> {
  try {
    await sweep()
  } catch {
    return
  }
}

const isAnythingLeft = (store: LeaseStore): boolean => store.list().length > 0 || store.unreadable().length > 0

function tickMs(store: LeaseStore, clock: Clock): number {
  const next = Math.min(...store.list().map((lease) => remainingMs(lease, clock)))
  if (next > NEAR_MS) return LONG_TICK_MS
  return Math.min(SHORT_TICK_MS, Math.max(50, next))
}
