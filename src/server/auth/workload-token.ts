import { errors, type JWTPayload, jwtVerify } from 'jose'
import type { Clock } from '../../platform/clock.ts'
import type { Http } from '../../platform/http.ts'
import type { WorkloadIssuer } from '../config/types.ts'
import { Refusal } from '../refusal.ts'
import { issuerKeys } from './issuer-keys.ts'
import { type ClaimTexts, readClaimTexts, UnreadableClaims } from './workload-claims.ts'

const SKEW_SECONDS = 60
const MAX_SUBJECT = 1_000
/** JOSE is what SPIFFE allows beside JWT (JWT-SVID §2.1). */
const TYPES = new Set(['JWT', 'JOSE'])

/** A token that is good, whoever brings it and however often it was used. */
export type WorkloadToken = {
  readonly subject: string
  readonly texts: ClaimTexts
  readonly payload: JWTPayload
  /** Seconds since 1970. */
  readonly expires: number
}

export type WorkloadTokenDeps = { readonly http: Http; readonly clock: Clock }

/** Verifies tokens of one pinned issuer. Throws `Refusal`. */
export function workloadTokenVerifier(from: WorkloadIssuer, { http, clock }: WorkloadTokenDeps) {
  const { name, issuer, audience, tokens, maxTokenSeconds } = from
  const spiffe = tokens.spiffe === true
  const pinned = from.keys.from === 'file' ? { from: 'discovery' as const } : from.keys
  const keys = issuerKeys({ issuer, whose: `the workload issuer ${name}`, http, clock, keys: pinned, spiffe })

  async function signed(token: string): Promise<JWTPayload> {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      algorithms: [...tokens.algorithms],
      ...(spiffe ? {} : { issuer }),
      audience,
      requiredClaims: ['exp', 'sub', 'aud', ...(spiffe ? [] : ['iat'])],
      clockTolerance: SKEW_SECONDS,
      currentDate: new Date(clock.now()),
    })
    if (!TYPES.has((protectedHeader.typ ?? 'JWT').toUpperCase()) || payload['events'] !== undefined)
      throw new Unfit('it is another kind of token')
    return payload
  }

  /** RFC 8725 §3.9: a token for several audiences can be replayed by each of them. */
  function checkAudience({ aud }: JWTPayload): void {
    if (aud !== audience && !(Array.isArray(aud) && aud.length === 1))
      throw new Unfit('it is for other audiences beside this endpoint')
  }

  function checkLife({ iat, exp = 0 }: JWTPayload): void {
    const now = Math.floor(clock.now() / 1000)
    if (iat !== undefined && iat > now + SKEW_SECONDS) throw new Unfit('it was issued in the future')
    if (exp - (iat ?? now) > maxTokenSeconds) throw new Unfit(`it lives longer than ${maxTokenSeconds} s`)
  }

  function checkClaims(subject: string, texts: ClaimTexts): void {
    if (subject === '' || subject.length > MAX_SUBJECT) throw new Unfit('its subject is empty or too long')
    if (spiffe && !subject.startsWith(`${issuer}/`)) throw new Unfit('its subject is of another trust domain')
    const missing = tokens.required.find((claim) => (texts.get(claim) ?? '') === '')
    if (missing !== undefined) throw new Unfit(`its claim ${missing} is missing or no text`)
  }

  const hint = `Let the job get a fresh token for this endpoint, with ${audience} as its only audience.`

  return async (token: string): Promise<WorkloadToken> => {
    try {
      const payload = await signed(token)
      checkAudience(payload)
      checkLife(payload)
      const texts = readClaimTexts(payload)
      const subject = texts.get('sub') ?? ''
      checkClaims(subject, texts)
      return { subject, texts, payload, expires: payload.exp ?? 0 }
    } catch (cause) {
      if (cause instanceof Refusal) throw cause
      throw new Refusal('invalid_token', `The token of ${name} is not valid: ${reason(cause)}.`, hint, { cause })
    }
  }
}

/** A check that jose does not make. The message is half a sentence. */
class Unfit extends Error {}

function reason(cause: unknown): string {
  if (cause instanceof Unfit || cause instanceof UnreadableClaims) return cause.message
  return cause instanceof errors.JOSEError ? cause.message.replace(/\.$/, '') : 'it cannot be read'
}
