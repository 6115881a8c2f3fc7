import { compactVerify, importJWK } from 'jose'
import { z } from 'zod'
import { type IssuerKey, type IssuerKeys, IssuerUnusable } from '../issuer-keys.ts'
import type { Provider } from './pools.ts'
import { TokenError } from './wire.ts'

const ALGORITHMS = ['RS256', 'ES256']
const LONGEST_SECONDS = 48 * 3600

const header = z.object({ alg: z.string(), kid: z.string().optional() })
const claims = z.looseObject({
  iss: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]).default([]),
  exp: z.number().optional(),
  iat: z.number().optional(),
  nbf: z.number().optional(),
})
type Claims = z.infer<typeof claims>

export type VerifyDeps = {
  readonly keys: IssuerKeys
  readonly now: () => number
  /** How far clocks may differ, either way. */
  readonly toleranceSeconds: number
}

const rejected = (description: string): TokenError => new TokenError('invalid_grant', description)
const noIssuer = (): TokenError => rejected("Error connecting to the given credential's issuer.")

export type SubjectToken = { readonly assertion: Readonly<Record<string, unknown>>; readonly expiresAtSeconds: number }

/** Everything Google checks in a token before it maps the claims. Replay is no error. Throws {@link TokenError}. */
export async function verifySubjectToken(token: string, provider: Provider, deps: VerifyDeps): Promise<SubjectToken> {
  const { head, body } = decode(token)
  if (body.iss !== provider.issuer)
    throw rejected(
      `The issuer in ID Token ${body.iss ?? null} does not match the expected one in config: ${provider.issuer}.`,
    )
  checkAudience([body.aud].flat(), provider)
  const expiresAtSeconds = checkTimes(body, deps)
  await verifySignature(token, head, provider, deps.keys)
  return { assertion: body, expiresAtSeconds }
}

function decode(token: string): { readonly head: z.infer<typeof header>; readonly body: Claims } {
  const parts = token.split('.')
  const [head, body] = parts.map(decodePart)
  const parsed = { head: header.safeParse(head), body: claims.safeParse(body) }
  if (parts.length !== 3 || !parsed.head.success || !parsed.body.success)
    throw rejected('The given credential is not a valid ID Token.')
  return { head: parsed.head.data, body: parsed.body.data }
}

function decodePart(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

function checkAudience(found: readonly string[], { audiences }: Provider): void {
  const [audience, ...more] = found
  if (audience === undefined || more.length > 0 || !audiences.includes(audience))
    throw rejected(`The audience in ID Token [${found.join(', ')}] does not match the expected audience.`)
}

function checkTimes({ exp, iat, nbf }: Claims, { now, toleranceSeconds }: VerifyDeps): number {
  const seconds = Math.floor(now() / 1000)
  const stale = rejected(`ID Token issued at ${iat ?? null} is stale to sign-in.`)
  if (iat === undefined || exp === undefined || iat > seconds + toleranceSeconds) throw stale
  if (exp + toleranceSeconds < seconds) throw stale
  if (nbf !== undefined && nbf > seconds + toleranceSeconds) throw rejected(`ID Token is not valid before ${nbf}.`)
  if (exp - iat >= LONGEST_SECONDS) throw rejected('ID Token lives for 48 hours or longer.')
  return exp
}

async function verifySignature(
  token: string,
  { alg, kid }: z.infer<typeof header>,
  { issuer }: Provider,
  keys: IssuerKeys,
): Promise<void> {
  if (!ALGORITHMS.includes(alg)) throw rejected(`The algorithm ${alg} of the ID Token is not supported.`)
  const key = await keyOf(issuer, kid, alg, keys)
  try {
    await compactVerify(token, await importJWK(key, alg), { algorithms: [alg] })
  } catch {
    throw rejected('Unable to verify the ID Token signature.')
  }
}

async function keyOf(issuer: string, kid: string | undefined, alg: string, keys: IssuerKeys): Promise<IssuerKey> {
  if (kid === undefined) throw noIssuer()
  const found = await keys.keys(issuer).catch((error: unknown) => {
    throw error instanceof IssuerUnusable ? noIssuer() : error
  })
  const matching = found.filter(
    (key) => key['kid'] === kid && (key['alg'] ?? alg) === alg && key.kty === (alg === 'RS256' ? 'RSA' : 'EC'),
  )
  const [only] = matching
  if (only === undefined || matching.length > 1) throw noIssuer()
  return only
}
