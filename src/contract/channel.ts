import { END_REASONS, type EndReason } from './grant.ts'
import { list, object, oneOf, type Reader, string } from './narrow.ts'

/** Longest `waitSeconds` of a call; most proxies cut a silent one after 30 or 60 s. */
export const LONGEST_CHANNEL_WAIT_SECONDS = 25
/** Grants named in one call. */
export const MOST_CHANNEL_GRANTS = 100
/** How long a machine that hears nothing from the endpoint may keep what a `strict` target gave it. */
export const STALE_CHANNEL_SECONDS = 60

/**
 * Body of `POST /v1/channel`: what this machine holds. The endpoint answers as soon as one of them is over, or after
 * `waitSeconds` with nothing. No cursor: whatever was missed is in the next answer.
 */
export type ChannelCall = {
  readonly grants: readonly string[]
  /** 0 answers at once. */
  readonly waitSeconds: number
}
export type ChannelAnswer = { readonly ended: readonly EndedGrant[] }
/** A grant that is over at the endpoint, or that the caller does not hold there (`revoked`). */
export type EndedGrant = { readonly grant: string; readonly reason: EndReason }

export const readChannelAnswer: Reader<ChannelAnswer> = object({
  ended: list(object({ grant: string, reason: oneOf(...END_REASONS) })),
})
