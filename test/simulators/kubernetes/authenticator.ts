import { createHash } from 'node:crypto'
import { compactVerify, importJWK } from 'jose'
import { z } from 'zod'
import { createIssuerKeys, type IssuerKey, IssuerUnusable } from '../issuer-keys.ts'
import type { JwtAuthenticator, SimulatorConfig } from './config.ts'
import { createClaimMapping } from './claim-mapping.ts'
import type { Claims } from './expressions.ts'
import { Unauthenticated } from './status.ts'
import type { User } from './user.ts'

const header = z.object({ alg: z.string(), kid: z.string().optional() })
const claimSet = z.looseObject({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  exp: z.number().optional(),
  nbf: z.number().optional(),
})
type ClaimSet = z.infer<typeof claimSet>

/** go-oidc's: how far `nbf` may lie ahead. `exp` has none. */
const AHEAD_SECONDS = 300

type Authenticator = {
  readonly settings: JwtAuthenticator
  readonly keys: (again: boolean) => Promise<readonly IssuerKey[]>
  readonly userOf: (claims: Claims) => User
}

/**
 * JWT authentication by an AuthenticationConfiguration. Throws where a rule cannot be evaluated; what it answers rejects with
 * Unauthenticated, whose reason is for the log, in the words of kube-apiserver and go-oidc where those are known.
 */
export function createAuthenticator(config: SimulatorConfig, now: () => number) {
  const authenticators = new Map(
    config.authentication.jwt.map((settings) => [settings.issuer.url, compile(settings, config, now)]),
  )
  const recent = new Map<string, { readonly user: User; readonly until: number }>()

  return async (token: string): Promise<User> => {
    const remembered = createHash('sha256').update(token).digest('hex')
    const known = recent.get(remembered)
    if (known !== undefined && now() < known.until) return known.user
    const { head, claims } = decode(token)
    const authenticator = authenticators.get(claims.iss)
    if (authenticator === undefined) throw new Unauthenticated('no authenticator for this issuer')
    checkTimes(claims, now() / 1000)
    await verifySignature(token, head, authenticator)
    checkAudience(claims, authenticator.settings.issuer.audiences)
    const user = authenticator.userOf(claims)
    recent.set(remembered, { user, until: now() + config.tokenCacheSeconds * 1000 })
    return user
  }
}

function compile(settings: JwtAuthenticator, config: SimulatorConfig, now: () => number): Authenticator {
  const { url, discoveryURL, certificateAuthority } = settings.issuer
  const source = createIssuerKeys({
    now,
    cacheMs: config.keyCacheSeconds * 1000,
    allowLoopback: config.allowLoopbackIssuers,
    certificates: certificateAuthority === undefined ? [] : [certificateAuthority],
  })
  return {
    settings,
    keys: (again) => source.keys(url, { again, ...(discoveryURL !== undefined && { discoveryUrl: discoveryURL }) }),
    userOf: createClaimMapping(settings),
  }
}

function decode(token: string): { readonly head: z.infer<typeof header>; readonly claims: ClaimSet } {
  const parts = token.split('.')
  const [head, body] = parts.map(decodePart)
  const parsedHead = header.safeParse(head)
  const parsedClaims = claimSet.safeParse(body)
  if (parts.length !== 3 || !parsedHead.success || !parsedClaims.success)
    throw new Unauthenticated('oidc: malformed jwt')
  return { head: parsedHead.data, claims: parsedClaims.data }
}

function decodePart(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

function checkTimes({ exp = 0, nbf = 0 }: ClaimSet, now: number): void {
  if (exp <= now) throw new Unauthenticated('oidc: token is expired')
  if (nbf > now + AHEAD_SECONDS) throw new Unauthenticated('oidc: current time before the nbf (not before) time')
}

/** With the keys at hand, then with newly fetched ones: a key may have been published a moment ago. Without `kid` any key will do. */
async function verifySignature(
  token: string,
  { alg, kid }: z.infer<typeof header>,
  authenticator: Authenticator,
): Promise<void> {
  if (alg !== 'RS256') throw new Unauthenticated(`oidc: unexpected signature algorithm "${alg}"; expected ["RS256"]`)
  for (const again of [false, true]) {
    const candidates = (await fetched(authenticator.keys(again))).filter(
      (key) => kid === undefined || key['kid'] === kid,
    )
    for (const key of candidates) if (await verifies(token, key)) return
  }
  throw new Unauthenticated('oidc: failed to verify signature')
}

const fetched = (keys: Promise<readonly IssuerKey[]>): Promise<readonly IssuerKey[]> =>
  keys.catch((error: unknown) => {
    if (!(error instanceof IssuerUnusable)) throw error
    throw new Unauthenticated(`oidc: authenticator not initialized: ${error.message}`)
  })

const verifies = (token: string, key: IssuerKey): Promise<boolean> =>
  importJWK(key, 'RS256')
    .then((imported) => compactVerify(token, imported, { algorithms: ['RS256'] }))
    .then(
      () => true,
      () => false,
    )

function checkAudience({ aud = [] }: ClaimSet, audiences: readonly string[]): void {
  if (![aud].flat().some((each) => audiences.includes(each)))
    throw new Unauthenticated(
      `oidc: expected audience in ${JSON.stringify(audiences)} got ${JSON.stringify([aud].flat())}`,
    )
}
