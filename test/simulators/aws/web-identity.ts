import { compactVerify, importJWK } from 'jose'
import { z } from 'zod'
import { type IssuerKeys, noVerificationKey } from './issuer-keys.ts'
import { AwsError } from './wire.ts'

export type Provider = { readonly account: string; readonly url: string; readonly clientIds: readonly string[] }

/** What STS takes from a token. */
export type WebIdentity = {
  readonly provider: Provider
  readonly audience: string
  readonly subject: string
  readonly amr: readonly string[]
  readonly tags: ReadonlyMap<string, string>
  readonly transitiveTagKeys: readonly string[]
  readonly sourceIdentity: string | undefined
}

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512']
/** How far `iat` and `nbf` may lie ahead. AWS does not say; clouds.md §2.9 assumes 60 s. */
const AHEAD_SECONDS = 60
const TAGS = 'https://aws.amazon.com/tags'
const SOURCE_IDENTITY = 'https://aws.amazon.com/source_identity'

const header = z.object({ alg: z.string(), kid: z.string().optional() })
const claims = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  iat: z.number(),
  nbf: z.number().optional(),
  azp: z.string().optional(),
  amr: z.union([z.string(), z.array(z.string())]).optional(),
})
type Claims = z.infer<typeof claims>

/** Of these messages AWS's own are those of clouds.md §2.1; the rest keep the documented code with words of our own. */
const invalid = (message: string): AwsError => new AwsError(400, 'InvalidIdentityToken', message)
const NO_JWT = 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'

export type VerifyDeps = {
  readonly providers: readonly Provider[]
  readonly keys: IssuerKeys
  readonly now: () => number
}

/** Everything STS checks in a token before it looks at the role. `account` is the role's. Replay is no error at AWS. */
export async function verifyWebIdentity(token: string, account: string, deps: VerifyDeps): Promise<WebIdentity> {
  const { head, body } = decode(token)
  const provider = deps.providers.find((each) => each.account === account && each.url === body.iss)
  if (provider === undefined) throw invalid(`No OpenIDConnect provider found in your account for ${body.iss}`)
  const audience = audienceOf(body, provider)
  await verifySignature(token, head, provider, deps.keys)
  checkTimes(body, Math.floor(deps.now() / 1000))
  if (body.sub.length < 6 || body.sub.length > 255) throw invalid('The sub claim must have 6 to 255 characters')
  return {
    provider,
    audience,
    subject: body.sub,
    amr: body.amr === undefined ? [] : [body.amr].flat(),
    ...tagsOf(body),
    sourceIdentity: sourceIdentityOf(body),
  }
}

function decode(token: string): { readonly head: z.infer<typeof header>; readonly body: Claims } {
  const parts = token.split('.')
  const [head, body] = parts.map(decodePart)
  const parsedHead = header.safeParse(head)
  if (parts.length !== 3 || !parsedHead.success || typeof body !== 'object' || body === null) throw invalid(NO_JWT)
  for (const claim of ['iss', 'sub', 'aud', 'exp', 'iat'])
    if (!Object.hasOwn(body, claim)) throw invalid(`Missing a required claim: ${claim}`)
  const parsedBody = claims.safeParse(body)
  if (!parsedBody.success) throw invalid(NO_JWT)
  return { head: parsedHead.data, body: parsedBody.data }
}

function decodePart(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

/** `azp` wins over `aud` where a token has it (clouds.md §1). Several audiences are refused. */
function audienceOf({ aud, azp }: Claims, { clientIds }: Provider): string {
  const [audience, ...more] = azp === undefined ? [aud].flat() : [azp]
  if (audience === undefined || more.length > 0 || !clientIds.includes(audience))
    throw invalid('Incorrect token audience')
  return audience
}

async function verifySignature(
  token: string,
  { alg, kid }: z.infer<typeof header>,
  { url }: Provider,
  keys: IssuerKeys,
): Promise<void> {
  if (!ALGORITHMS.includes(alg)) throw invalid(`Unsupported signature algorithm ${alg}`)
  if (kid === undefined) throw noVerificationKey()
  const key = await keys.key(url, kid)
  if (key['alg'] !== undefined && key['alg'] !== alg) throw noVerificationKey()
  try {
    await compactVerify(token, await importJWK(key, alg), { algorithms: [alg] })
  } catch {
    throw invalid('The signature of the ID Token is invalid')
  }
}

function checkTimes({ exp, iat, nbf }: Claims, now: number): void {
  if (exp <= now)
    throw new AwsError(
      400,
      'ExpiredTokenException',
      `Token expired: current date/time ${now} must be before the expiration date/time ${exp}`,
    )
  if (iat > now + AHEAD_SECONDS || (nbf !== undefined && nbf > now + AHEAD_SECONDS))
    throw invalid(`Token not yet valid: current date/time ${now}`)
}

const nestedTags = z.object({
  principal_tags: z.record(z.string(), z.array(z.string())).default({}),
  transitive_tag_keys: z.array(z.string()).default([]),
})

/** Session tags, in the nested or the flat form (IAM user guide, "Passing session tags using AssumeRoleWithWebIdentity"). */
function tagsOf(body: Claims): Pick<WebIdentity, 'tags' | 'transitiveTagKeys'> {
  const nested = nestedTags.safeParse(body[TAGS] ?? {})
  if (!nested.success) throw invalid('The session tags of the ID Token are malformed')
  const tags = new Map<string, string>()
  const add = (key: string, values: readonly unknown[]): void => {
    const [value, ...more] = values
    if (typeof value !== 'string' || more.length > 0)
      throw invalid(`The session tag ${key} must have exactly one value`)
    checkTag(key, value)
    tags.set(key, value)
  }
  for (const [key, values] of Object.entries(nested.data.principal_tags)) add(key, values)
  for (const [claim, value] of Object.entries(body))
    if (claim.startsWith(`${TAGS}/principal_tags/`)) add(claim.slice(`${TAGS}/principal_tags/`.length), [value].flat())
  const flat = z.array(z.string()).safeParse(body[`${TAGS}/transitive_tag_keys`] ?? [])
  if (!flat.success) throw invalid('The transitive tag keys of the ID Token are malformed')
  const transitiveTagKeys = [...nested.data.transitive_tag_keys, ...flat.data]
  if (tags.size > 50) throw invalid('The ID Token has more than 50 session tags')
  for (const key of transitiveTagKeys)
    if (!tags.has(key)) throw invalid(`The transitive tag key ${key} is not among the session tags`)
  return { tags, transitiveTagKeys }
}

const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
function checkTag(key: string, value: string): void {
  if (key.length < 1 || key.length > 128 || value.length > 256 || !TAG_TEXT.test(key) || !TAG_TEXT.test(value))
    throw invalid(`The session tag ${key} is not valid`)
  if (/^aws:/i.test(key)) throw invalid('Session tags must not start with aws:')
}

function sourceIdentityOf(body: Claims): string | undefined {
  const value = body[SOURCE_IDENTITY]
  if (value === undefined) return undefined
  if (typeof value !== 'string' || !/^[\w+=,.@-]{2,64}$/.test(value) || /^aws:/i.test(value))
    throw invalid('The source identity of the ID Token is not valid')
  return value
}
