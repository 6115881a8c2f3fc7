import { instant, integer, list, object, oneOf, type Reader, string } from './narrow.ts'
import { type Person, readPerson } from './person.ts'

export const STOP_SCOPES = ['user', 'pipeline', 'target', 'grant', 'all'] as const
export type StopScope = (typeof STOP_SCOPES)[number]

/** Body of `POST /v1/stops`, the kill switch: ends what lives, cancels what waits, and refuses anew until it is lifted. */
export type StopCall = {
  readonly scope: StopScope
  /** `user`: subject or e-mail address; `pipeline` and `target`: name; `grant`: id; absent with `all`. */
  readonly value?: string
  readonly reason: string
}

/** A kill switch that was thrown. One of scope `grant` ends that grant and holds nothing up afterwards. */
export type Stop = {
  readonly id: string
  readonly scope: StopScope
  readonly value?: string
  readonly reason: string
  readonly by: Person
  readonly at: string
  readonly liftedAt?: string
}
/** What throwing it did at once. */
export type StopAnswer = { readonly stop: Stop; readonly endedGrants: number; readonly cancelledRequests: number }

export const readStop: Reader<Stop> = object(
  { id: string, scope: oneOf(...STOP_SCOPES), reason: string, by: readPerson, at: instant },
  { value: string, liftedAt: instant },
)
export const readStopAnswer: Reader<StopAnswer> = object({
  stop: readStop,
  endedGrants: integer,
  cancelledRequests: integer,
})
/** Answer of `GET /v1/stops`: those in force. */
export const readStops = object({ stops: list(readStop) })
