import type { Clock } from '../platform/clock.ts'
import { remainingMs } from './leases/expiry.ts'
import type { Lease, OutboxEntry } from './leases/types.ts'
import type { Leasing } from './leasing.ts'
import type { PendingRequest, PendingRequests } from './pending.ts'

export type StatusDeps = {
  readonly leasing: Pick<Leasing, 'list' | 'unreadable' | 'outbox'>
  readonly pending: Pick<PendingRequests, 'list' | 'unreadable'>
  readonly clock: Clock
}

export type LiveGrant = { readonly lease: Lease; readonly secondsLeft: number }

/** How things stand on this machine. From its own records alone: no network, no keychain, no lock. */
export type Status = {
  readonly grants: readonly LiveGrant[]
  readonly requests: readonly PendingRequest[]
  /** Ended here; the endpoint does not know yet. */
  readonly unconfirmed: readonly OutboxEntry[]
  readonly unreadable: readonly { readonly file: string; readonly why: string }[]
}

export function status({ leasing, pending, clock }: StatusDeps): Status {
  const strange = pending.unreadable().map((file) => ({ file, why: 'it is no request' }))
  return {
    grants: leasing.list().map((lease) => ({ lease, secondsLeft: secondsLeft(lease, clock) })),
    requests: pending.list().filter(({ opensUntil }) => opensUntil > clock.now()),
    unconfirmed: leasing.outbox.list(),
    unreadable: [...leasing.unreadable().map(({ file, why }) => ({ file, why })), ...strange],
  }
}

/** By the stricter of both clocks, as the reaper counts (DESIGN §7.5): a clock set back shows no extra time. */
const secondsLeft = (lease: Lease, clock: Clock): number => Math.max(0, Math.floor(remainingMs(lease, clock) / 1000))
