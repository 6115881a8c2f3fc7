import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import { CompactSign } from 'jose'

export type Claims = Readonly<Record<string, unknown>>
export type Issuer = {
  readonly url: string
  /** Signs as it stands: nothing is added to header or claims but `alg` and `kid` of the key in use. */
  sign(claims: Claims, header?: Readonly<Record<string, unknown>>, key?: KeyObject): Promise<string>
  /** Signs with a new key from now on. `publish: false` keeps it out of the key set. */
  rotate(publish: boolean): void
  /** Replaces members of the discovery document; `undefined` takes one away. */
  setDiscovery(members: Readonly<Record<string, unknown>>): void
  /** How often the key set was fetched. */
  keyFetches(): number
  close(): Promise<void>
}

/** An OpenID issuer on loopback with nothing but a key, a discovery document and a key set. */
export async function startIssuer(): Promise<Issuer> {
  const keys = new Map([['k1', newKey()]])
  const published = new Set(['k1'])
  const state = { kid: 'k1', discovery: {} as Readonly<Record<string, unknown>>, fetches: 0 }
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    if (request.url === '/.well-known/openid-configuration')
      return response.end(JSON.stringify({ ...discoveryOf(url()), ...state.discovery }))
    if (request.url === '/jwks.json') {
      state.fetches += 1
      const set = [...keys].filter(([kid]) => published.has(kid)).map(([kid, { publicKey }]) => jwk(kid, publicKey))
      return response.end(JSON.stringify({ keys: set }))
    }
    return response.writeHead(404).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = (): string => {
    const address = server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  }
  const inUse = (): KeyObject => {
    const key = keys.get(state.kid)
    if (key === undefined) throw new Error('no key')
    return key.privateKey
  }
  return {
    url: url(),
    sign: (claims, header = {}, key = inUse()) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
        .setProtectedHeader({ alg: 'RS256', kid: state.kid, ...header })
        .sign(key),
    rotate(publish) {
      state.kid = `k${keys.size + 1}`
      keys.set(state.kid, newKey())
      if (publish) published.add(state.kid)
    },
    setDiscovery(members) {
      state.discovery = members
    },
    keyFetches: () => state.fetches,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const newKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwk = (kid: string, key: KeyObject) => ({ ...key.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' })
const discoveryOf = (issuer: string) => ({
  issuer,
  jwks_uri: `${issuer}/jwks.json`,
  claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat'],
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
})
