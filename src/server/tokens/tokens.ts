import { createHash } from 'node:crypto'
import { type CryptoKey, decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose'
import { recent } from '../../base/recent.ts'
import { identifier } from '../../base/identifier.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Refusal } from '../refusal.ts'
import { ACCESS_TOKEN_TYPE, accessClaims, type Holder, readAccessClaims } from './access-token.ts'
import {
  awsGrantClaims,
  azureGrantClaims,
  gcpGrantClaims,
  GRANT_TOKEN_TYPE,
  type GrantClaims,
  kubernetesGrantClaims,
} from './grant-token.ts'
import { keyState, signingKey } from './key-ring.ts'
import { ALGORITHM, importPrivate, importPublic, publishedKeys } from './signing-key.ts'
import type { AwsName, KeyUse, SigningKey, SigningKeys, Tokens } from './types.ts'

export type TokensDeps = {
  /** `iss` of every token, `aud` of access tokens. */
  readonly issuer: string
  readonly keys: SigningKeys
  readonly clock: Clock
  readonly random: Random
  readonly awsName: AwsName
}

/** How old the list of keys may be: a rotation by another process is followed after this time. */
const FRESH_MS = 5_000

/** Logins whose access tokens need no second look at their signature. */
const TOKENS_KEPT = 4_096

/** Signs and verifies with the keys of the store. Private keys are imported once. */
export function makeTokens({ issuer, keys, clock, random, awsName }: TokensDeps): Tokens {
  const ring = cachedRing(keys, clock)
  const read = recent<Verified>(TOKENS_KEPT)

  async function sign(use: KeyUse, typ: string, claims: Readonly<Record<string, unknown>>): Promise<string> {
    const { kid, key } = await ring.signer(use)
    return new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM[use], kid, typ }).sign(key)
  }

  async function verified(token: string, key: CryptoKey): Promise<Verified> {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [ALGORITHM.access],
        typ: ACCESS_TOKEN_TYPE,
        issuer,
        audience: issuer,
        requiredClaims: ['exp', 'iat', 'sub', 'jti', 'cnf'],
        currentDate: new Date(clock.now()),
      })
      return { holder: readAccessClaims(payload), exp: payload.exp ?? 0 }
    } catch (cause) {
      throw cause instanceof errors.JWTExpired ? expired(cause) : notOurs(cause)
    }
  }

  const ours = () => ({ issuer, jti: identifier('gt', random.bytes(16)) })
  const signGrant = (claims: GrantClaims): Promise<string> => sign('grant', GRANT_TOKEN_TYPE, claims)
  const personal = async (claims: GrantClaims) => ({ token: await signGrant(claims), subject: claims.sub })

  return {
    awsGrantToken: async (issue, _access, audience) =>
      signGrant(awsGrantClaims(issue, { ...ours(), audience, awsName })),
    gcpGrantToken: async (issue, access, notAfter) => personal(gcpGrantClaims(issue, access, notAfter, ours())),
    azureGrantToken: async (issue) => signGrant(azureGrantClaims(issue, ours())),
    kubernetesGrantToken: async (issue, access, notAfter) =>
      personal(kubernetesGrantClaims(issue, access, notAfter, ours())),

    async accessToken(caller, lifeSeconds) {
      const iat = Math.floor(clock.now() / 1000)
      const jti = identifier('at', random.bytes(16))
      const times = { iss: issuer, aud: issuer, iat, exp: iat + lifeSeconds, jti }
      return sign('access', ACCESS_TOKEN_TYPE, { ...times, ...accessClaims(caller) })
    },

    async readAccessToken(token) {
      const key = await ring.verifier('access', keyIdOf(token))
      if (key === undefined) throw notOurs()
      const hash = createHash('sha256').update(token).digest('base64url')
      const known = read.get(hash) ?? (await verified(token, key))
      if (known.exp <= Math.floor(clock.now() / 1000)) throw expired()
      read.set(hash, known)
      return known.holder
    },

    jwks: async () => publishedKeys(await ring.all()),
  }
}

/** What a token says whose signature and claims were found good. Its key may go and its time run out: asked anew each time. */
type Verified = { readonly holder: Holder; readonly exp: number }

const LOG_IN = 'Log in: jit login'
const expired = (cause?: unknown): Refusal =>
  new Refusal('invalid_token', 'The access token has expired.', LOG_IN, { cause })
const notOurs = (cause?: unknown): Refusal =>
  new Refusal('invalid_token', 'The access token is not one of this endpoint.', LOG_IN, { cause })

/** `kid` of the header, before anything is verified. */
function keyIdOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).kid
  } catch (cause) {
    throw notOurs(cause)
  }
}

/** The keys that are not over, read anew after {@link FRESH_MS} and at an unknown `kid`; imports are kept by `kid`. */
function cachedRing(store: SigningKeys, clock: Clock) {
  let read: { readonly at: number; readonly keys: Promise<readonly SigningKey[]> } | undefined
  const signers = new Map<string, Promise<CryptoKey>>()
  const verifiers = new Map<string, Promise<CryptoKey>>()

  async function all(maxAgeMs = FRESH_MS): Promise<readonly SigningKey[]> {
    if (read === undefined || clock.now() - read.at > maxAgeMs) read = { at: clock.now(), keys: store.list() }
    const current = read
    const listed = await current.keys.catch((cause: unknown) => {
      if (read === current) read = undefined
      throw cause
    })
    return listed.filter((key) => keyState(key, listed, clock.now()) !== 'over')
  }

  return {
    all,
    async signer(use: KeyUse): Promise<{ readonly kid: string; readonly key: CryptoKey }> {
      const key = signingKey(await all(), use)
      if (key === undefined) throw new Error(`There is no ${use} key.`)
      return { kid: key.kid, key: await once(signers, key.kid, () => importPrivate(key)) }
    },
    async verifier(use: KeyUse, kid: string | undefined): Promise<CryptoKey | undefined> {
      const find = (keys: readonly SigningKey[]) => keys.find((key) => key.use === use && key.kid === kid)
      const key = find(await all()) ?? find(await all(1_000))
      return key === undefined ? undefined : once(verifiers, key.kid, () => importPublic(key))
    },
  }
}

function once<T>(made: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
  const found = made.get(name) ?? make()
  made.set(name, found)
  return found
}
