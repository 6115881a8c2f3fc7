import type { Clock } from '../../platform/clock.ts'
import type { Lease } from './types.ts'

export type Deadlines = Pick<Lease, 'writtenAt' | 'endsAt' | 'writtenAtBootSeconds'> & { readonly bootId?: string }

/**
 * Over as soon as either clock says so, so setting the wall clock back never extends a lease; setting it forward ends one early,
 * which is safe. The boot clock needs no boot id: after a reboot it has counted less than really passed.
 *
 * @param seen Latest wall time known (ms since 1970): a clock behind it after a reboot was set back, and none is left that says
 * how much time has passed.
 */
export const isOver = (lease: Deadlines, clock: Clock, seen = 0): boolean =>
  remainingMs(lease, clock) <= 0 || (clock.now() < Math.max(lease.writtenAt, seen) && isOtherBoot(lease, clock))

/** Milliseconds until the earlier of the two clocks ends the lease; negative once over. */
export const remainingMs = ({ writtenAt, endsAt, writtenAtBootSeconds }: Deadlines, clock: Clock): number =>
  Math.min(endsAt - clock.now(), endsAt - writtenAt - (clock.bootSeconds() - writtenAtBootSeconds) * 1000)

/** The time (ms since 1970) by whichever clock is further: one that was set back, or that stands still, gains nothing. */
export const timeFor = (lease: Deadlines, clock: Clock): number => lease.endsAt - remainingMs(lease, clock)

export const isOtherBoot = ({ bootId, writtenAtBootSeconds }: Deadlines, clock: Clock): boolean =>
  bootId === undefined || clock.bootId() === undefined
    ? clock.bootSeconds() < writtenAtBootSeconds
    : clock.bootId() !== bootId
