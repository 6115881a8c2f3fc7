import type { Clock } from '../../platform/clock.ts'
import type { Lease } from './types.ts'

/** A wall clock may be corrected by this much without meaning anything. */
const SET_BACK_MS = 5 * 60 * 1000

export type Deadlines = Pick<Lease, 'writtenAt' | 'endsAt' | 'writtenAtBootSeconds'> & { readonly bootId?: string }

/**
 * Over as soon as either clock says so, so setting the wall clock back never extends a lease; setting it forward ends one early,
 * which is safe. The boot clock needs no boot id: after a reboot it has counted less than really passed.
 */
export const isOver = (lease: Deadlines, clock: Clock): boolean =>
  remainingMs(lease, clock) <= 0 || (isSetBack(lease, clock) && isOtherBoot(lease, clock))

/** Milliseconds until the earlier of the two clocks ends the lease; negative once over. */
export const remainingMs = ({ writtenAt, endsAt, writtenAtBootSeconds }: Deadlines, clock: Clock): number =>
  Math.min(endsAt - clock.now(), endsAt - writtenAt - (clock.bootSeconds() - writtenAtBootSeconds) * 1000)

/** Set back and booted anew: no clock that is left says how much time has passed. */
const isSetBack = ({ writtenAt }: Deadlines, clock: Clock): boolean => clock.now() < writtenAt - SET_BACK_MS

export const isOtherBoot = ({ bootId, writtenAtBootSeconds }: Deadlines, clock: Clock): boolean =>
  bootId === undefined || clock.bootId() === undefined
    ? clock.bootSeconds() < writtenAtBootSeconds
    : clock.bootId() !== bootId
