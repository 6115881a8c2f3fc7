import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type GenerateKeyPairResult,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose'
import { type Http, HttpError } from '../../src/platform/http.ts'

/** An IdP reduced to what an endpoint reads of it: discovery, keys, and ID tokens that a test writes itself. */
export type IdTokenIssuer = {
  readonly http: Http
  /** URLs read so far. */
  readonly reads: readonly string[]
  /** Set to replace answers: by URL. */
  readonly answers: Map<string, { readonly status: number; readonly text: string }>
  down: boolean
  rotate(kid: string): Promise<void>
  sign(claims: JWTPayload, header?: Readonly<Record<string, unknown>>): Promise<string>
  readonly key: () => CryptoKey
  /** The public key as it is published. */
  readonly jwk: () => Promise<JWK>
  /** Whether it serves this URL. */
  readonly owns: (url: string) => boolean
}

export async function idTokenIssuer(
  issuer: string,
  alg = 'RS256',
  first?: GenerateKeyPairResult,
): Promise<IdTokenIssuer> {
  const reads: string[] = []
  const answers = new Map<string, { readonly status: number; readonly text: string }>()
  let current: { readonly key: CryptoKey; readonly jwk: JWK; readonly kid: string }

  async function rotate(kid: string, pair?: GenerateKeyPairResult): Promise<void> {
    const { privateKey, publicKey } = pair ?? (await generateKeyPair(alg, { extractable: true }))
    current = { key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, kid }
  }
  await rotate('k1', first)

  const documentOf = (url: string): unknown => {
    if (url === `${issuer}/.well-known/openid-configuration`) return { issuer, jwks_uri: `${issuer}/keys` }
    return url === `${issuer}/keys` ? { keys: [current.jwk] } : undefined
  }
  const self: IdTokenIssuer = {
    reads,
    answers,
    down: false,
    rotate,
    key: () => current.key,
    jwk: async () => current.jwk,
    owns: (url) => url.startsWith(`${issuer}/`),
    http: async ({ url }) => {
      reads.push(url)
      if (self.down) throw new HttpError('refused', `${url} refused the connection`)
      const document = documentOf(url)
      const answer = answers.get(url) ?? { status: document === undefined ? 404 : 200, text: JSON.stringify(document) }
      return { ...answer, headers: new Headers() }
    },
    sign: (claims, header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg, kid: current.kid, ...header })
        .sign(current.key, { crit: { x: true } }),
  }
  return self
}
