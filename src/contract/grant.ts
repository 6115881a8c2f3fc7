import { instant, list, object, oneOf, type Reader, string } from './narrow.ts'
import { CLOUDS, type Cloud, DELIVERY_MODES, type DeliveryMode, profileName, targetName } from './target.ts'

export const GRANT_STATES = ['scheduled', 'active', 'ended'] as const
export type GrantState = (typeof GRANT_STATES)[number]
export const END_REASONS = ['ttl', 'revoked', 'killed'] as const
export type EndReason = (typeof END_REASONS)[number]

export const CHANNEL_RULES = ['strict'] as const
export type ChannelRule = (typeof CHANNEL_RULES)[number]

/** What the endpoint allowed: one person, one target, from-until. */
export type Grant = {
  readonly id: string
  readonly requestId: string
  readonly target: string
  readonly state: GrantState
  readonly endReason?: EndReason
  readonly startsAt: string
  readonly endsAt: string
  readonly deliver?: DeliveryMode
  /** `strict`: a machine that hears nothing from the endpoint for `STALE_CHANNEL_SECONDS` wipes it. */
  readonly channel?: ChannelRule
}

/** A `CloudCredential` (`credential.ts`) as a compact JWE (ECDH-ES, A256GCM) to the key that the caller sent along. */
export type SealedCredential = { readonly cloud: Cloud; readonly profile: string; readonly jwe: string }

/** Body of `POST /v1/grants/{id}/credentials`: a P-256 public key whose private half never leaves the caller's memory. */
export type CredentialsCall = { readonly key: PublicKey }
export type PublicKey = { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string }
export const readPublicKey: Reader<PublicKey> = object({ kty: oneOf('EC'), crv: oneOf('P-256'), x: string, y: string })
export type CredentialsAnswer = { readonly grant: Grant; readonly credentials: readonly SealedCredential[] }

export const readGrant: Reader<Grant> = object(
  {
    id: string,
    requestId: string,
    target: targetName,
    state: oneOf(...GRANT_STATES),
    startsAt: instant,
    endsAt: instant,
  },
  { endReason: oneOf(...END_REASONS), deliver: oneOf(...DELIVERY_MODES), channel: oneOf(...CHANNEL_RULES) },
)
const readSealed: Reader<SealedCredential> = object({ cloud: oneOf(...CLOUDS), profile: profileName, jwe: string })
export const readCredentialsAnswer: Reader<CredentialsAnswer> = object({
  grant: readGrant,
  credentials: list(readSealed),
})
