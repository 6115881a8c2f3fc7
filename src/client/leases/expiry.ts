import { STALE_CHANNEL_SECONDS } from '../../contract/channel.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Lease } from './types.ts'

type Ends = Pick<Lease, 'writtenAt' | 'endsAt' | 'writtenAtBootSeconds'> & { readonly bootId?: string }
export type Deadlines = Ends & Pick<Lease, 'channel' | 'heard'>

/**
 * Over as soon as either clock says so, so setting the wall clock back never extends a lease; setting it forward ends one early,
 * which is safe. The boot clock needs no boot id: after a reboot it has counted less than really passed.
 *
 * @param seen Latest wall time known (ms since 1970): a clock behind it after a reboot was set back, and none is left that says
 * how much time has passed.
 */
export const isOver = (lease: Deadlines, clock: Clock, seen = 0): boolean =>
  remainingMs(lease, clock) <= 0 || (clock.now() < Math.max(lease.writtenAt, seen) && isOtherBoot(lease, clock))

/** Milliseconds until the lease is over, by its end or by the silence of the endpoint; not above zero once over. */
export const remainingMs = (lease: Deadlines, clock: Clock): number =>
  Math.min(untilEndMs(lease, clock), untilStaleMs(lease, clock))

/** Milliseconds until the earlier of the two clocks says that the time of the grant is up; negative after that. */
export const untilEndMs = ({ writtenAt, endsAt, writtenAtBootSeconds }: Ends, clock: Clock): number =>
  Math.min(endsAt - clock.now(), endsAt - writtenAt - (clock.bootSeconds() - writtenAtBootSeconds) * 1000)

/** Milliseconds until silence ends a strict lease; `Infinity` where it ends none. Over with a reboot: nobody has heard since. */
export function untilStaleMs(lease: Deadlines, clock: Clock): number {
  if (lease.channel !== 'strict') return Number.POSITIVE_INFINITY
  return isOtherBoot(lease, clock) ? 0 : STALE_CHANNEL_SECONDS * 1000 - silentMs(lease, clock)
}

/** How long a machine has heard nothing about a lease, by whichever clock says more. */
export function silentMs(lease: Deadlines, clock: Clock): number {
  const { at, bootSeconds } = lastWord(lease, clock)
  return Math.max(clock.now() - at, (clock.bootSeconds() - bootSeconds) * 1000)
}

/** The writing of a lease was the first word about it. What was heard in another boot, or is still to come, is none. */
function lastWord({ heard, ...lease }: Deadlines, clock: Clock): { readonly at: number; readonly bootSeconds: number } {
  const written = { at: lease.writtenAt, bootSeconds: lease.writtenAtBootSeconds }
  if (heard === undefined || heard.bootSeconds < written.bootSeconds) return written
  return heard.bootSeconds > clock.bootSeconds() || heard.bootId !== lease.bootId ? written : heard
}

/** The time (ms since 1970) by whichever clock is further: one that was set back, or that stands still, gains nothing. */
export const timeFor = (lease: Ends, clock: Clock): number => lease.endsAt - untilEndMs(lease, clock)

export const isOtherBoot = ({ bootId, writtenAtBootSeconds }: Ends, clock: Clock): boolean =>
  bootId === undefined || clock.bootId() === undefined
    ? clock.bootSeconds() < writtenAtBootSeconds
    : clock.bootId() !== bootId
