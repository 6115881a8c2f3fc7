import { type CryptoKey, createLocalJWKSet, errors, type FlattenedJWSInput, type JWSHeaderParameters } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import { type Http, HttpError } from '../../platform/http.ts'
import { Refusal } from '../refusal.ts'

/** Keys of the IdP are believed this long; an unknown `kid` makes us look again, but not more often than {@link REFETCH_MS}. */
const CACHE_MS = 600_000
const REFETCH_MS = 30_000
const TIMEOUT_MS = 5_000
const MAX_CHARACTERS = 256 * 1024

const document = z.object({ issuer: z.string(), jwks_uri: z.url() })
const jwks = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) })

type Lookup = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>

/**
 * Finds the key of an ID token in the JWKS that the pinned issuer's own discovery document names (OpenID Connect
 * Discovery §4). Nothing that a token says (`jku`, `x5u`, `jwk`, `iss`) leads anywhere. Parallel callers fetch once.
 */
export function idpKeys({ issuer, http, clock }: { issuer: string; http: Http; clock: Clock }): Lookup {
  let good: { readonly at: number; readonly lookup: Lookup } | undefined
  let under: Promise<Lookup> | undefined
  let triedAt: number | undefined

  async function refetch(): Promise<Lookup> {
    triedAt = clock.now()
    const lookup = await fetchKeys(issuer, http)
    good = { at: clock.now(), lookup }
    return lookup
  }

  const refetched = (): Promise<Lookup> => {
    under ??= refetch().finally(() => {
      under = undefined
    })
    return under
  }
  const isWithin = (at: number | undefined, ms: number): boolean => at !== undefined && clock.now() - at < ms

  return async (header, token) => {
    const known = good !== undefined && isWithin(good.at, CACHE_MS) ? good.lookup : await refetched()
    try {
      return await known(header, token)
    } catch (cause) {
      // Tried just now, whatever came of it: made-up key ids must not make us call the IdP.
      if (!(cause instanceof errors.JWKSNoMatchingKey) || isWithin(triedAt, REFETCH_MS)) throw cause
      return (await refetched())(header, token)
    }
  }
}

async function fetchKeys(issuer: string, http: Http): Promise<Lookup> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const found = document.safeParse(await getJson(http, url))
  if (!found.success) throw unavailable(`${url} is no OpenID discovery document.`, found.error)
  if (found.data.issuer !== issuer) throw unavailable(`${url} is the document of another issuer.`)
  const { jwks_uri } = found.data
  if (new URL(jwks_uri).protocol !== new URL(issuer).protocol) throw unavailable(`${url} names keys on an unsafe URL.`)
  const set = jwks.safeParse(await getJson(http, jwks_uri))
  if (!set.success) throw unavailable(`${jwks_uri} is no JWK set.`, set.error)
  return createLocalJWKSet({ keys: set.data.keys.filter(({ kty }) => kty !== 'oct') })
}

async function getJson(http: Http, url: string): Promise<unknown> {
  try {
    const { status, text } = await http({
      method: 'GET',
      url,
      headers: { accept: 'application/json' },
      timeoutMs: TIMEOUT_MS,
    })
    if (status !== 200) throw unavailable(`${url} answered ${status}.`)
    if (text.length > MAX_CHARACTERS) throw unavailable(`${url} answered more than ${MAX_CHARACTERS} characters.`)
    return JSON.parse(text)
  } catch (cause) {
    if (cause instanceof SyntaxError) throw unavailable(`${url} answered no JSON.`, cause)
    if (cause instanceof HttpError) throw unavailable(`${url} could not be read (${cause.failure}).`, cause)
    throw cause
  }
}

const unavailable = (detail: string, cause?: unknown): Refusal =>
  new Refusal('idp_unavailable', `The identity provider's keys are not available: ${detail}`, 'Try again soon.', {
    cause,
  })
