import { JitError } from '../base/errors.ts'
import { boolean, integer, list, object, oneOf, type Reader, string } from '../contract/narrow.ts'
import type { AccessRequest, NewRequest } from '../contract/request.ts'
import { DELIVERY_MODES, type DeliveryMode } from '../contract/target.ts'
import type { Records } from '../platform/records.ts'
import type { Extends, Wish } from './preflight.ts'

/** What this machine remembers of a request that it left open, so that `status` needs no network. Times: ms since 1970 on this machine's clock. */
export type PendingRequest = {
  readonly id: string
  readonly endpoint: string
  readonly targets: readonly string[]
  readonly durationSeconds: number
  readonly reason: string
  readonly fingerprint: string
  /** How it shall be delivered, where that was asked for. */
  readonly deliver?: DeliveryMode
  readonly asDefault?: boolean
  readonly extends?: Extends
  readonly askedAt: number
  /** Until when it may be decided. */
  readonly opensUntil: number
}

/** Requests that were asked here and whose credentials were not delivered yet. */
export interface PendingRequests {
  list(): readonly PendingRequest[]
  /** Files that hold no request; shown, never deleted. */
  unreadable(): readonly string[]
  remember(request: AccessRequest, here: Here): void
  forget(id: string): void
}

/** How a request shall be delivered, which only this machine knows. */
export type DeliveryWish = Pick<Wish, 'deliver' | 'asDefault' | 'extends'>

/** What the request itself does not say. `clockOffsetMs`: this machine's clock minus the endpoint's. */
type Here = { readonly endpoint: string; readonly clockOffsetMs: number; readonly wish?: DeliveryWish }

export const readPending: Reader<PendingRequest> = object(
  {
    id: string,
    endpoint: string,
    targets: list(string),
    durationSeconds: integer,
    reason: string,
    fingerprint: string,
    askedAt: integer,
    opensUntil: integer,
  },
  {
    deliver: oneOf(...DELIVERY_MODES),
    asDefault: boolean,
    extends: object({ grant: string, bySeconds: integer }),
  },
)

export function pendingRequests(records: Records<PendingRequest>): PendingRequests {
  return {
    list: () => records.all().documents.toSorted((a, b) => a.askedAt - b.askedAt),
    unreadable: () => records.all().unreadable,
    remember: (request, { endpoint, clockOffsetMs, wish = {} }) => {
      const { id, targets, durationSeconds, reason, fingerprint } = request
      const here = (time: string): number => Math.round(Date.parse(time) + clockOffsetMs)
      const [askedAt, opensUntil] = [here(request.createdAt), here(request.expiresAt)]
      const asked = { targets, durationSeconds, reason, ...deliveryWish(wish) }
      records.put(id, { id, endpoint, ...asked, fingerprint, askedAt, opensUntil })
    },
    forget: (id) => records.remove(id),
  }
}

/** The part of a wish that a record of it keeps. */
export const deliveryWish = ({ deliver, asDefault, extends: extended }: DeliveryWish): DeliveryWish => ({
  ...(deliver === undefined ? {} : { deliver }),
  ...(asDefault === true && { asDefault }),
  ...(extended === undefined ? {} : { extends: extended }),
})

type Same = Pick<NewRequest, 'targets' | 'durationSeconds' | 'reason' | 'deliver'> & Pick<Wish, 'extends'>

/**
 * The open request that asks for the very same: pressing Ctrl-C and typing the command again must not ask twice. How long an
 * extended grant would last in all is another number every second; how much longer it was to be is not.
 */
export function sameRequest(
  open: readonly PendingRequest[],
  asked: Same,
  endpoint: string,
  now: number,
): PendingRequest | undefined {
  const key = ({ targets, durationSeconds, reason, deliver, extends: extended }: Same): string =>
    JSON.stringify([
      [...targets].toSorted(),
      extended === undefined ? durationSeconds : [extended.grant, extended.bySeconds],
      reason,
      deliver ?? null,
    ])
  return open.find((each) => each.endpoint === endpoint && each.opensUntil > now && key(each) === key(asked))
}

/** A wait that ended before the request did. */
export const stillOpen = (id: string, sentence: string, code: 'INTERRUPTED' | 'NO_DECISION'): JitError =>
  new JitError(code, sentence, `Come back: jit elevate --request ${id}. Take it back: jit cancel ${id}`)
