import { createHash } from 'node:crypto'
import { jwtVerify } from 'jose'
import { z } from 'zod'
import { loginNonce } from '../../base/login-nonce.ts'
import type { LoginFlow } from '../../contract/request.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Http } from '../../platform/http.ts'
import type { Config } from '../config/types.ts'
import { Refusal } from '../refusal.ts'
import { type IdClaims, personOf, readGroups, readIdClaims } from './id-claims.ts'
import { issuerKeys } from './issuer-keys.ts'
import type { Login, SeenIds } from './types.ts'

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA']
const MAX_LENGTH = 32 * 1024
/** An ID token is turned into a session right after its issue; what lies around longer is not accepted. */
const MAX_AGE_SECONDS = 300
const SKEW_SECONDS = 60
/** How long a key stays bound to a person by one browser login. */
const BOUND_MS = 90 * 24 * 3600_000

export type IdTokenDeps = {
  readonly idp: Config['idp']
  readonly http: Http
  readonly clock: Clock
  readonly seen: SeenIds
}

/** Verifies an ID token that was brought with a proof of the key `jkt`; each token once. Throws `Refusal`. */
export type IdTokenVerifier = (idToken: string, jkt: string) => Promise<Login>

/**
 * OpenID Connect Core §3.1.3.7 against the pinned issuer, and:
 *
 * - The client id says which flow was used, so the token must be for one of ours and nobody else.
 * - Browser logins are bound to the key that proves the call: their `nonce` is a hash of it ({@link loginNonce}), so a stolen
 *   ID token is no use with another key. An ID token from a refresh may lack the nonce (§12.2). It is accepted only for a
 *   key that the same person bound before by a login with nonce; for any other key the person must log in anew.
 * - The device flow has no nonce (RFC 8628), so there single use, age and policy must do.
 */
export function idTokenVerifier({ idp, http, clock, seen }: IdTokenDeps): IdTokenVerifier {
  const keys = issuerKeys({ issuer: idp.issuer, whose: 'the identity provider', http, clock })

  async function verify(idToken: string): Promise<IdClaims> {
    if (idToken.length > MAX_LENGTH) throw invalid('The ID token is too long.')
    try {
      const { payload, protectedHeader } = await jwtVerify(idToken, keys, {
        algorithms: ALGORITHMS,
        issuer: idp.issuer,
        requiredClaims: ['exp', 'iat', 'sub', 'aud'],
        clockTolerance: SKEW_SECONDS,
        maxTokenAge: MAX_AGE_SECONDS,
        currentDate: new Date(clock.now()),
      })
      refuseOtherKinds(protectedHeader.typ, payload)
      return readIdClaims(payload)
    } catch (cause) {
      if (cause instanceof Refusal) throw cause
      throw invalid(`The identity provider's token is not valid: ${reason(cause)}.`, cause)
    }
  }

  async function checkBinding(claims: IdClaims, flow: LoginFlow, jkt: string): Promise<void> {
    const id = sha256(JSON.stringify(['bound key', claims.iss, claims.sub, jkt]))
    if (claims.nonce !== undefined) {
      if (claims.nonce !== loginNonce(jkt)) throw invalid('The ID token belongs to a login with another key.')
      await seen.claim(id, clock.now() + BOUND_MS)
    } else if (flow === 'browser' && !(await seen.has(id))) {
      throw invalid('The ID token does not name the key of this installation.')
    }
  }

  return async (idToken, jkt) => {
    const claims = await verify(idToken)
    const flow = flowOf(claims, idp.clients)
    await checkBinding(claims, flow, jkt)
    const groups = readGroups(claims, idp.groupsClaim)
    const usableUntil = (claims.iat + MAX_AGE_SECONDS + 2 * SKEW_SECONDS) * 1000
    if (!(await seen.claim(sha256(`id token ${signedPart(idToken)}`), usableUntil)))
      throw invalid('The ID token was used before.')
    const { amr, acr, auth_time: authTime } = claims
    return {
      person: personOf(claims),
      groups,
      flow,
      amr: amr ?? [],
      ...(acr === undefined ? {} : { acr }),
      ...(authTime === undefined ? {} : { authTime }),
    }
  }
}

/** Access and logout tokens of the same issuer must not pass for ID tokens (RFC 8725 §3.11). Keycloak says the kind in a claim. */
function refuseOtherKinds(typ: string | undefined, payload: Readonly<Record<string, unknown>>): void {
  const kind = payload['typ'] ?? 'ID'
  if ((typ ?? 'JWT').toUpperCase() !== 'JWT' || kind !== 'ID' || payload['events'] !== undefined)
    throw invalid('The token is no ID token.')
}

/** Which flow's client the token was issued to. Where both flows share one client id, it counts as the weaker one. */
function flowOf({ aud, azp }: IdClaims, clients: Config['idp']['clients']): LoginFlow {
  const audiences = typeof aud === 'string' ? [aud] : aud
  const ours = [clients.device, clients.browser]
  const client = audiences.length === 1 ? audiences[0] : azp
  if (client === undefined || !audiences.includes(client) || !audiences.every((each) => ours.includes(each)))
    throw invalid('The ID token is for another application.')
  if (azp !== undefined && azp !== client) throw invalid('The ID token was issued to another application.')
  return client === clients.device ? 'device' : 'browser'
}

/** Signatures can be written in several ways (ECDSA is malleable, base64 has spare bits); what was signed cannot. */
const signedPart = (token: string): string => token.slice(0, token.lastIndexOf('.'))

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

function reason(cause: unknown): string {
  if (cause instanceof z.ZodError) return `its claim ${cause.issues[0]?.path.join('.')} has another type than it should`
  return cause instanceof Error ? cause.message.replace(/\.$/, '') : 'unreadable'
}

const invalid = (detail: string, cause?: unknown): Refusal =>
  new Refusal('invalid_token', detail, 'Log in again: jit login', { cause })
