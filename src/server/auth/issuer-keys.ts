import { type CryptoKey, createLocalJWKSet, errors, type FlattenedJWSInput, type JWSHeaderParameters } from 'jose'
import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import { type Http, HttpError } from '../../platform/http.ts'
import type { IssuerKeys, PublicJwk } from '../config/types.ts'
import { Refusal } from '../refusal.ts'

/** Keys of an issuer are believed this long; an unknown `kid` makes us look again, but not more often than {@link REFETCH_MS}. */
const CACHE_MS = 600_000
const REFETCH_MS = 30_000
const TIMEOUT_MS = 5_000
const MAX_CHARACTERS = 256 * 1024

const document = z.object({ issuer: z.string(), jwks_uri: z.url() })
const jwks = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) })

type Lookup = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>

export type IssuerKeysOptions = {
  readonly issuer: string
  /** Who that is, for messages: `the identity provider`. */
  readonly whose: string
  readonly http: Http
  readonly clock: Clock
  /** Absent: the JWKS that the issuer's own discovery document names (OpenID Connect Discovery §4). */
  readonly keys?: Exclude<IssuerKeys, { readonly from: 'file' }>
  /** A SPIFFE bundle: keys for JWT-SVIDs say so in `use`, all others are for certificates (JWT-SVID §4). */
  readonly spiffe?: boolean
}

/**
 * Finds the key of a token among those of a pinned issuer. Nothing that a token says (`jku`, `x5u`, `jwk`, `iss`) leads
 * anywhere. Parallel callers fetch once.
 */
export function issuerKeys(options: IssuerKeysOptions): Lookup {
  const { keys, clock } = options
  return keys?.from === 'set' ? lookupIn(keys.keys, options) : fetching(() => fetchKeys(options), clock)
}

function fetching(fetchAll: () => Promise<Lookup>, clock: Clock): Lookup {
  let good: { readonly at: number; readonly lookup: Lookup } | undefined
  let under: Promise<Lookup> | undefined
  let triedAt: number | undefined

  async function refetch(): Promise<Lookup> {
    triedAt = clock.now()
    const lookup = await fetchAll()
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
      // Tried just now, whatever came of it: made-up key ids must not make us call the issuer.
      if (!(cause instanceof errors.JWKSNoMatchingKey) || isWithin(triedAt, REFETCH_MS)) throw cause
      return (await refetched())(header, token)
    }
  }
}

async function fetchKeys(options: IssuerKeysOptions): Promise<Lookup> {
  const { keys, http, whose } = options
  const from = source(http, whose)
  const url = keys?.from === 'url' ? keys.url : await discovered(options, from)
  const set = jwks.safeParse(await from.json(url))
  if (!set.success) throw from.unavailable(`${url} is no JWK set.`, set.error)
  return lookupIn(set.data.keys, options)
}

async function discovered({ issuer }: IssuerKeysOptions, from: Source): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const found = document.safeParse(await from.json(url))
  if (!found.success) throw from.unavailable(`${url} is no OpenID discovery document.`, found.error)
  if (found.data.issuer !== issuer) throw from.unavailable(`${url} is the document of another issuer.`)
  const { jwks_uri } = found.data
  if (new URL(jwks_uri).protocol !== new URL(issuer).protocol)
    throw from.unavailable(`${url} names keys on an unsafe URL.`)
  return jwks_uri
}

/** Symmetric keys verify nothing here. What a SPIFFE bundle calls `jwt-svid` others call `sig`. */
function lookupIn(keys: readonly PublicJwk[], { spiffe }: Pick<IssuerKeysOptions, 'spiffe'>): Lookup {
  const usable = keys.filter(({ kty, use }) => kty !== 'oct' && (spiffe !== true || use === 'jwt-svid'))
  return createLocalJWKSet({ keys: usable.map((key) => (spiffe === true ? { ...key, use: 'sig' } : key)) })
}

type Source = {
  json(url: string): Promise<unknown>
  unavailable(detail: string, cause?: unknown): Refusal
}

function source(http: Http, whose: string): Source {
  const unavailable = (detail: string, cause?: unknown): Refusal =>
    new Refusal('idp_unavailable', `The keys of ${whose} are not available: ${detail}`, 'Try again soon.', { cause })
  return {
    unavailable,
    async json(url) {
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
    },
  }
}
