import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { type Claims, type Issuer, startIssuer } from './issuer.ts'

type At = { readonly issuer: Issuer }

/** What every cloud must see through: made of a `good` token, or signed anew with what such a token claims. */
export const forgeries = (claimsOf: (issuer: string) => Claims) => ({
  unsigned: (good: string): string => {
    const [, body = ''] = good.split('.')
    return `${Buffer.from('{"alg":"none","kid":"k1"}').toString('base64url')}.${body}.`
  },
  hs256: (_good: string, { issuer }: At): Promise<string> =>
    issuer.sign(claimsOf(issuer.url), { alg: 'HS256' }, createSecretKey(randomBytes(32))),
  es256: (_good: string, { issuer }: At): Promise<string> =>
    issuer.sign(claimsOf(issuer.url), { alg: 'ES256' }, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
  byAnotherKey: (_good: string, { issuer }: At): Promise<string> => issuer.sign(claimsOf(issuer.url), {}, rsaKey()),
  byAnotherKeyWithoutKid: (_good: string, { issuer }: At): Promise<string> =>
    issuer.sign(claimsOf(issuer.url), { kid: undefined }, rsaKey()),
  changed:
    (changes: Claims) =>
    (good: string): string => {
      const [head = '', body = '', signature = ''] = good.split('.')
      const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString())
      const changed = { ...Object(claims), ...changes }
      return [head, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.')
    },
  byStranger: async (): Promise<string> => {
    const stranger = await startIssuer()
    const token = await stranger.sign(claimsOf(stranger.url))
    await stranger.close()
    return token
  },
})

const rsaKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
