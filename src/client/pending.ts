import { JitError } from '../base/errors.ts'
import { integer, list, object, oneOf, type Reader, string } from '../contract/narrow.ts'
import type { AccessRequest, NewRequest } from '../contract/request.ts'
import { DELIVERY_MODES, type DeliveryMode } from '../contract/target.ts'
import type { Records } from '../platform/records.ts'

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

/** What the request itself does not say. `clockOffsetMs`: this machine's clock minus the endpoint's. */
type Here = { readonly endpoint: string; readonly clockOffsetMs: number; readonly deliver?: DeliveryMode | undefined }

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
  { deliver: oneOf(...DELIVERY_MODES) },
)

export function pendingRequests(records: Records<PendingRequest>): PendingRequests {
  return {
    list: () => records.all().documents.toSorted((a, b) => a.askedAt - b.askedAt),
    unreadable: () => records.all().unreadable,
    remember: (request, { endpoint, clockOffsetMs, deliver }) => {
      const { id, targets, durationSeconds, reason, fingerprint } = request
      const here = (time: string): number => Math.round(Date.parse(time) + clockOffsetMs)
      const [askedAt, opensUntil] = [here(request.createdAt), here(request.expiresAt)]
      const asked = { targets, durationSeconds, reason, ...(deliver === undefined ? {} : { deliver }) }
      records.put(id, { id, endpoint, ...asked, fingerprint, askedAt, opensUntil })
    },
    forget: (id) => records.remove(id),
  }
}

/** The open request that asks for the very same: pressing Ctrl-C and typing the command again must not ask twice. */
export function sameRequest(
  open: readonly PendingRequest[],
  asked: NewRequest,
  endpoint: string,
  now: number,
): PendingRequest | undefined {
  const key = (each: Pick<NewRequest, 'targets' | 'durationSeconds' | 'reason' | 'deliver'>): string =>
    JSON.stringify([[...each.targets].toSorted(), each.durationSeconds, each.reason, each.deliver ?? null])
  return open.find((each) => each.endpoint === endpoint && each.opensUntil > now && key(each) === key(asked))
}

/** A wait that ended before the request did. */
export const stillOpen = (id: string, sentence: string, code: 'INTERRUPTED' | 'NO_DECISION'): JitError =>
  new JitError(code, sentence, `Come back: jit elevate --request ${id}. Take it back: jit cancel ${id}`)
