import { type IncomingMessage, get as httpGet } from 'node:http'
import { get as httpsGet } from 'node:https'
import { z } from 'zod'
import { AwsError } from './wire.ts'

const discoveryDocument = z.object({
  issuer: z.string(),
  jwks_uri: z.string(),
  claims_supported: z.array(z.string()),
  response_types_supported: z.array(z.string()),
  subject_types_supported: z.array(z.string()),
  id_token_signing_alg_values_supported: z.array(z.string()),
})
const keySet = z.object({
  keys: z.array(z.looseObject({ kty: z.string() })),
})
type Key = z.infer<typeof keySet>['keys'][number]

export type IssuerKeysOptions = {
  readonly now: () => number
  readonly cacheMs: number
  readonly allowLoopback: boolean
  readonly certificates: readonly string[]
}

export const noVerificationKey = (): AwsError =>
  new AwsError(
    400,
    'InvalidIdentityToken',
    "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
  )
const noAnswer = (): AwsError =>
  new AwsError(400, 'IDPCommunicationError', 'An error occurred when calling the identity provider.')

/**
 * Fetches an issuer's keys as AWS does: discovery document first, over HTTPS, no redirects, then the set it names. A `kid` that the
 * remembered set lacks is refused until the set is forgotten: AWS promises no earlier look, so a key must be published before its use.
 */
export function createIssuerKeys({ now, cacheMs, allowLoopback, certificates }: IssuerKeysOptions) {
  const remembered = new Map<string, { readonly at: number; readonly keys: readonly Key[] }>()

  async function fetchKeys(issuer: string): Promise<readonly Key[]> {
    const discovery = discoveryDocument.safeParse(await fetchJson(`${issuer}/.well-known/openid-configuration`))
    if (!discovery.success || discovery.data.issuer !== issuer) throw noVerificationKey()
    const keys = keySet.safeParse(await fetchJson(discovery.data.jwks_uri))
    if (!keys.success) throw noVerificationKey()
    return keys.data.keys
  }

  async function fetchJson(address: string): Promise<unknown> {
    const url = URL.canParse(address) ? new URL(address) : undefined
    if (url === undefined || !mayAsk(url, allowLoopback)) throw noVerificationKey()
    const { status, text } = await get(url, certificates)
    if (status !== 200) throw noVerificationKey()
    try {
      return JSON.parse(text)
    } catch {
      throw noVerificationKey()
    }
  }

  return {
    /** The key `kid` of `issuer`, from memory where it is fresh. */
    async key(issuer: string, kid: string): Promise<Key> {
      const known = remembered.get(issuer)
      const fresh = known !== undefined && now() - known.at < cacheMs
      const keys = fresh ? known.keys : await fetchKeys(issuer)
      if (!fresh) remembered.set(issuer, { at: now(), keys })
      const matching = keys.filter((key) => key['kid'] === kid && (key['use'] ?? 'sig') === 'sig')
      const [only] = matching
      if (matching.length !== 1 || only === undefined) throw noVerificationKey()
      return only
    },
  }
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/
const mayAsk = (url: URL, allowLoopback: boolean): boolean =>
  LOOPBACK.test(url.hostname) ? allowLoopback : url.protocol === 'https:' && url.port === ''

function get(url: URL, ca: readonly string[]): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const receive = (response: IncomingMessage): void => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      )
      response.on('error', () => reject(noAnswer()))
    }
    const options = {
      signal: AbortSignal.timeout(5_000),
      headers: { accept: 'application/json' },
      agent: false as const,
    }
    const request =
      url.protocol === 'https:'
        ? httpsGet(url, { ...options, ...(ca.length > 0 && { ca: [...ca] }) }, receive)
        : httpGet(url, options, receive)
    request.on('error', () => reject(noAnswer()))
  })
}

export type IssuerKeys = ReturnType<typeof createIssuerKeys>
