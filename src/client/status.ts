import type { Clock } from '../platform/clock.ts'
import { silentMs, untilEndMs, untilStaleMs } from './leases/expiry.ts'
import type { EndMessage, Lease, ReceiptMessage } from './leases/types.ts'
import type { Leasing } from './leasing.ts'
import { isEnd } from './outbox-delivery.ts'
import type { EndNote, GrantNote, GrantNotes, RenewalNote } from './grant-notes.ts'
import type { PendingRequest, PendingRequests } from './pending.ts'

export type StatusDeps = {
  readonly leasing: Pick<Leasing, 'list' | 'unreadable' | 'outbox'>
  readonly pending: Pick<PendingRequests, 'list' | 'unreadable'>
  readonly notes: Pick<GrantNotes, 'list'>
  readonly clock: Clock
}

export type LiveGrant = {
  readonly lease: Lease
  readonly secondsLeft: number
  /** Why its next slice could not be had; it is tried again. */
  readonly unrenewed?: RenewalNote
  /** Of a strict one: how long its endpoint has not been heard, and when that ends it. */
  readonly silence?: { readonly silentSeconds: number; readonly wipedInSeconds: number }
}

/** How things stand on this machine. From its own records alone: no network, no keychain, no lock. */
export type Status = {
  readonly grants: readonly LiveGrant[]
  readonly requests: readonly PendingRequest[]
  /** Ended at the endpoint, by somebody else, and wiped here since yesterday. */
  readonly ended: readonly EndNote[]
  /** Ended here; the endpoint does not know yet. */
  readonly unconfirmed: readonly EndMessage[]
  /** What became of credentials here, as far as the endpoint has not been told. */
  readonly receipts: readonly ReceiptMessage[]
  readonly unreadable: readonly { readonly file: string; readonly why: string }[]
}

export function status({ leasing, pending, notes, clock }: StatusDeps): Status {
  const strange = pending.unreadable().map((file) => ({ file, why: 'it is no request' }))
  const leases = leasing.list()
  const noted = notes.list()
  const messages = leasing.outbox.list()
  const isHeld = (target: string): boolean => leases.some((lease) => lease.target === target)
  return {
    grants: leases.map((lease) => liveGrant(lease, noted, clock)),
    ended: noted
      .filter((note) => note.outcome === 'ended')
      .filter(({ target, at }) => clock.now() - at < DAY_MS && !isHeld(target)),
    requests: pending.list().filter(({ opensUntil }) => opensUntil > clock.now()),
    unconfirmed: messages.filter(isEnd),
    receipts: messages.filter((message) => !isEnd(message)),
    unreadable: [...leasing.unreadable().map(({ file, why }) => ({ file, why })), ...strange],
  }
}

const DAY_MS = 24 * 3_600_000

function liveGrant(lease: Lease, noted: readonly GrantNote[], clock: Clock): LiveGrant {
  const unrenewed = noted.filter((note) => note.outcome === 'failed').find(({ grant }) => grant === lease.id)
  const silence = lease.channel === 'strict' && lease.state === 'active' ? silenceOf(lease, clock) : undefined
  return {
    lease,
    secondsLeft: secondsLeft(lease, clock),
    ...(unrenewed && { unrenewed }),
    ...(silence && { silence }),
  }
}

/** By the stricter of both clocks, as the reaper counts (DESIGN §7.5): a clock set back shows no extra time. */
const secondsLeft = (lease: Lease, clock: Clock): number => wholeSeconds(untilEndMs(lease, clock))

const silenceOf = (lease: Lease, clock: Clock): NonNullable<LiveGrant['silence']> => ({
  silentSeconds: wholeSeconds(silentMs(lease, clock)),
  wipedInSeconds: wholeSeconds(untilStaleMs(lease, clock)),
})

const wholeSeconds = (ms: number): number => Math.max(0, Math.floor(ms / 1000))
