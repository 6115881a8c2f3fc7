import { compactVerify, importJWK } from 'jose'
import { z } from 'zod'
import { type IssuerKeys, IssuerUnusable } from '../issuer-keys.ts'
import type { FederatedCredential } from './config.ts'
import { EntraError } from './refusals.ts'

const header = z.object({ alg: z.string(), kid: z.string().optional() })
const claims = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  nbf: z.number().optional(),
})
type Claims = z.infer<typeof claims>

const HELP = 'https://learn.microsoft.com/entra/workload-id/workload-identity-federation'
const invalidClient = (code: number, message: string): EntraError =>
  new EntraError(401, 'invalid_client', code, message)
const malformed = (): EntraError => new EntraError(400, 'invalid_request', 50027, 'JWT token is invalid or malformed.')

export type AssertionDeps = { readonly keys: IssuerKeys; readonly now: () => number }

/**
 * What Entra checks in an assertion of a foreign issuer: shape and algorithm, one of the application's credentials by exact text,
 * signature by the issuer's published keys, and times. Replay is no error.
 */
export async function verifyClientAssertion(
  token: string,
  credentials: readonly FederatedCredential[],
  { keys, now }: AssertionDeps,
): Promise<FederatedCredential> {
  const { head, body } = decode(token)
  if (head.alg !== 'RS256')
    throw new EntraError(
      400,
      'invalid_request',
      5002738,
      `Invalid JWT token. '${head.alg}' is not a supported signature algorithm. Supported signing algorithms are: 'RS256'`,
    )
  const credential = matching(body, credentials)
  await verifySignature(token, head.kid, body.iss, keys)
  checkTimes(body, now())
  return credential
}

function decode(token: string): { readonly head: z.infer<typeof header>; readonly body: Claims } {
  const parts = token.split('.')
  const [head, body] = parts.map(decodePart)
  const parsedHead = header.safeParse(head)
  const parsedBody = claims.safeParse(body)
  if (parts.length !== 3 || !parsedHead.success || !parsedBody.success) throw malformed()
  return { head: parsedHead.data, body: parsedBody.data }
}

function decodePart(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

/** Issuer, then subject, then audience, each letter by letter: a slash or a capital more is another one. */
function matching({ iss, sub, aud }: Claims, credentials: readonly FederatedCredential[]): FederatedCredential {
  const audiences = [aud].flat()
  const shown = audiences.join(', ')
  if (credentials.length === 0)
    throw new EntraError(
      400,
      'invalid_request',
      70021,
      `No matching federated identity record found for presented assertion. Assertion Issuer: '${iss}'. Assertion Subject: '${sub}'. Assertion Audience: '${shown}'. ${HELP}`,
    )
  const byIssuer = credentials.filter(({ issuer }) => issuer === iss)
  if (byIssuer.length === 0) throw noRecord(700211, 'issuer', iss)
  const bySubject = byIssuer.filter(({ subject }) => subject === sub)
  if (bySubject.length === 0 && byIssuer.some(({ subject }) => subject.toLowerCase() === sub.toLowerCase()))
    throw noRecord(7002138, 'subject', sub, ONLY_BY_CASE)
  if (bySubject.length === 0) throw noRecord(700213, 'subject', sub)
  const [only, ...more] = audiences
  const found = bySubject.find(({ audiences }) => more.length === 0 && audiences[0] === only)
  if (found === undefined) throw noRecord(700212, 'audience', shown)
  return found
}

const ONLY_BY_CASE = ' The subject matches with case-insensitive comparison, but not with case-sensitive comparison.'

const noRecord = (code: number, what: string, value: string, more = ''): EntraError =>
  invalidClient(
    code,
    `No matching federated identity record found for presented assertion ${what} '${value}'.${more} Check your federated identity credential Subject, Audience and Issuer against the presented assertion. ${HELP}`,
  )

async function verifySignature(token: string, kid: string | undefined, issuer: string, keys: IssuerKeys) {
  const published = await keys.keys(issuer).catch((error: unknown) => {
    if (!(error instanceof IssuerUnusable)) throw error
    throw new EntraError(400, 'invalid_request', 50166, 'Request to External OIDC endpoint failed.')
  })
  const [key, ...more] = published.filter((each) => each['kid'] === kid && (each['alg'] ?? 'RS256') === 'RS256')
  if (kid === undefined || key === undefined || more.length > 0) throw invalidSignature('The key was not found.')
  await importJWK(key, 'RS256')
    .then((imported) => compactVerify(token, imported, { algorithms: ['RS256'] }))
    .catch(() => {
      throw invalidSignature('The signature does not verify.')
    })
}

const invalidSignature = (reason: string): EntraError =>
  invalidClient(700027, `Client assertion contains an invalid signature. [Reason - ${reason}]`)

/** No leeway on either side: the hardest case for a client whose clock is off. */
function checkTimes({ exp, nbf = 0 }: Claims, now: number): void {
  if (now < exp * 1000 && now >= nbf * 1000) return
  const time = (ms: number): string => new Date(ms).toISOString().replace('Z', '0000Z')
  throw invalidClient(
    700024,
    `Client assertion is not within its valid time range. Current time: ${time(now)}, assertion valid from ${time(nbf * 1000)}, expiry time of assertion ${time(exp * 1000)}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .`,
  )
}
