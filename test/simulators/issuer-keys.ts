import { type IncomingMessage, get as httpGet } from 'node:http'
import { get as httpsGet } from 'node:https'
import { z } from 'zod'

const discoveryDocument = z.looseObject({ issuer: z.string(), jwks_uri: z.string() })
const words = z.array(z.string())
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) })
export type IssuerKey = z.infer<typeof keySet>['keys'][number]

/** Why an issuer's keys could not be had. `isSilent`: nobody answered. */
export class IssuerUnusable extends Error {
  readonly isSilent: boolean
  constructor(reason: string, isSilent = false) {
    super(reason)
    this.name = 'IssuerUnusable'
    this.isSilent = isSilent
  }
}

export type IssuerKeysOptions = {
  readonly now: () => number
  readonly cacheMs: number
  readonly allowLoopback: boolean
  readonly certificates: readonly string[]
  /** Lists of words that the discovery document must have besides. */
  readonly demanded?: readonly string[]
  /** No port may be named. */
  readonly usualPort?: boolean
}

/** Discovery document first, over HTTPS, no redirects, then the key set that it names (OpenID Connect Discovery 1.0 §4). */
export function createIssuerKeys({
  now,
  cacheMs,
  allowLoopback,
  certificates,
  demanded = [],
  usualPort = false,
}: IssuerKeysOptions) {
  const remembered = new Map<string, { readonly at: number; readonly keys: readonly IssuerKey[] }>()

  async function fetchKeys(issuer: string, discoveryUrl: string): Promise<readonly IssuerKey[]> {
    const discovery = discoveryDocument.safeParse(await fetchJson(discoveryUrl))
    if (!discovery.success) throw new IssuerUnusable('the discovery document lacks issuer or jwks_uri')
    const lacking = demanded.find((name) => !words.safeParse(discovery.data[name]).success)
    if (lacking !== undefined) throw new IssuerUnusable(`the discovery document lacks ${lacking}`)
    if (discovery.data.issuer !== issuer)
      throw new IssuerUnusable(`the discovery document is of ${discovery.data.issuer}, not of ${issuer}`)
    const keys = keySet.safeParse(await fetchJson(discovery.data.jwks_uri))
    if (!keys.success) throw new IssuerUnusable('the key set is none')
    return keys.data.keys
  }

  async function fetchJson(address: string): Promise<unknown> {
    const url = URL.canParse(address) ? new URL(address) : undefined
    if (url === undefined || !mayAsk(url, { allowLoopback, usualPort }))
      throw new IssuerUnusable(`${address} is not public https`)
    const { status, text } = await get(url, certificates)
    if (status !== 200) throw new IssuerUnusable(`${address} answers ${status}`)
    try {
      return JSON.parse(text)
    } catch {
      throw new IssuerUnusable(`${address} answers no JSON`)
    }
  }

  return {
    /** The issuer's signing keys, from memory where they are fresh. Rejects with IssuerUnusable. */
    async keys(
      issuer: string,
      {
        discoveryUrl = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
        again = false,
      }: { readonly discoveryUrl?: string; readonly again?: boolean } = {},
    ): Promise<readonly IssuerKey[]> {
      const known = remembered.get(issuer)
      if (!again && known !== undefined && now() - known.at < cacheMs) return known.keys
      const keys = (await fetchKeys(issuer, discoveryUrl)).filter((key) => (key['use'] ?? 'sig') === 'sig')
      remembered.set(issuer, { at: now(), keys })
      return keys
    },
  }
}
export type IssuerKeys = ReturnType<typeof createIssuerKeys>

const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/
const mayAsk = (
  url: URL,
  { allowLoopback, usualPort }: Required<Pick<IssuerKeysOptions, 'allowLoopback' | 'usualPort'>>,
) => (LOOPBACK.test(url.hostname) ? allowLoopback : url.protocol === 'https:' && (!usualPort || url.port === ''))

function get(url: URL, ca: readonly string[]): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new IssuerUnusable(`${url.href}: ${error.message}`, true))
    const receive = (response: IncomingMessage): void => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      )
      response.on('error', fail)
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
    request.on('error', fail)
  })
}
