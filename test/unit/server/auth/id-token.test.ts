import { exportJWK, type JWTPayload, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { loginNonce } from '../../../../src/base/login-nonce.ts'
import { idTokenVerifier } from '../../../../src/server/auth/id-token.ts'
import { seenInMemory } from '../../../../src/server/auth/seen-in-memory.ts'
import { idTokenIssuer } from '../../../support/id-token-issuer.ts'
import { manualClock } from '../../../support/manual-clock.ts'

const ISSUER = 'https://idp.example/realms/corp'
const JKT = 'thumbprint-of-the-key'
const idp = {
  issuer: ISSUER,
  clients: { browser: 'jit-browser', device: 'jit-device' },
  scopes: ['openid'],
  groupsClaim: 'groups',
}

async function setUp(alg?: string) {
  const clock = manualClock()
  const issuer = await idTokenIssuer(ISSUER, alg)
  const verify = idTokenVerifier({ idp, http: issuer.http, clock, seen: seenInMemory(clock) })
  const now = (): number => clock.now() / 1000
  /** Claims of a good ID token of the device flow; each call has another `jti`, so that tokens differ. */
  let made = 0
  const claims = (change: JWTPayload = {}): JWTPayload => ({
    iss: ISSUER,
    sub: 'alice',
    aud: 'jit-device',
    iat: now(),
    exp: now() + 300,
    jti: String(++made),
    name: 'Alice Adams',
    email: 'alice@corp.example',
    groups: ['dev', 'dba'],
    ...change,
  })
  const login = async (change?: JWTPayload, header?: Readonly<Record<string, unknown>>) =>
    verify(await issuer.sign(claims(change), header), JKT)
  return { clock, issuer, verify, claims, login, now }
}

describe('an ID token', () => {
  test('says who logged in, how and when', async () => {
    const { login, now } = await setUp()
    expect(await login({ amr: ['pwd', 'mfa'], acr: 'high', auth_time: now() - 5 })).toEqual({
      person: { issuer: ISSUER, subject: 'alice', name: 'Alice Adams', email: 'alice@corp.example' },
      groups: ['dev', 'dba'],
      flow: 'device',
      amr: ['pwd', 'mfa'],
      acr: 'high',
      authTime: now() - 5,
    })
  })

  test.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('may be signed with %s', async (alg) => {
    const { login } = await setUp(alg)
    expect((await login()).flow).toBe('device')
  })

  test.each(['RS512', 'ES384'])('is refused when signed with %s', async (alg) => {
    const { login } = await setUp(alg)
    await expect(login()).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('is accepted once', async () => {
    const { issuer, claims, verify } = await setUp()
    const token = await issuer.sign(claims())
    await verify(token, JKT)
    await expect(verify(token, JKT)).rejects.toMatchObject({ message: 'The ID token was used before.' })
  })

  test('is accepted once, also when its signature is written another way', async () => {
    const { issuer, claims, verify } = await setUp()
    const token = await issuer.sign(claims())
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    // 256 bytes leave 4 bits of the last character without meaning.
    const respelled = token.slice(0, -1) + alphabet.charAt(alphabet.indexOf(token.at(-1) ?? '') ^ 1)
    await verify(respelled, JKT)
    await expect(verify(token, JKT)).rejects.toMatchObject({ message: 'The ID token was used before.' })
  })

  test('is accepted once when two calls bring it at the same moment', async () => {
    const { issuer, claims, verify } = await setUp()
    const token = await issuer.sign(claims())
    const results = await Promise.allSettled([verify(token, JKT), verify(token, JKT)])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  const at = Date.parse('2026-11-21T12:00:00Z') / 1000
  const spoiled: Record<string, JWTPayload> = {
    'another issuer': { iss: 'https://evil.example' },
    'the issuer with a slash more': { iss: `${ISSUER}/` },
    'another application': { aud: 'other' },
    'no application': { aud: [] },
    'ours and another application': { aud: ['jit-device', 'other'], azp: 'jit-device' },
    'several applications and no authorised party': { aud: ['jit-device', 'jit-browser'] },
    'an authorised party that is another application': { azp: 'other' },
    expired: { iat: at - 200, exp: at - 61 },
    'issued more than five minutes ago': { iat: at - 361, exp: at + 600 },
    'issued in the future': { iat: at + 61, exp: at + 600 },
    'not valid yet': { nbf: at + 61 },
    'no expiry': { exp: undefined as unknown as number },
    'no time of issue': { iat: undefined as unknown as number },
    'no subject': { sub: undefined as unknown as string },
    'an empty subject': { sub: '' },
    'groups that are no list': { groups: { admin: true } },
    'groups that are no strings': { groups: [1] },
    'amr that is no list': { amr: 'mfa' },
    'a logout token': { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
    "an access token of Keycloak's kind": { typ: 'Bearer' },
  }
  test.each(Object.entries(spoiled))('is refused: %s', async (_, change) => {
    const { login } = await setUp()
    await expect(login(change)).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test.each([
    ['typ of an access token', { typ: 'at+jwt' }],
    ['unknown key', { kid: 'other' }],
    ['critical extension', { crit: ['x'], x: true }],
  ])('is refused: %s', async (_, header) => {
    const { login } = await setUp()
    await expect(login({}, header)).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('is refused unsigned, or signed with the public key as a secret', async () => {
    const { issuer, claims, verify } = await setUp()
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    await expect(verify(`${part({ alg: 'none' })}.${part(claims())}.`, JKT)).rejects.toMatchObject({
      code: 'invalid_token',
    })
    const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(issuer.key())))
    const forged = await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret)
    await expect(verify(forged, JKT)).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('leads nowhere: jku, x5u and jwk of its header are not looked at', async () => {
    const { issuer, login } = await setUp()
    await login({}, { jku: 'https://evil.example/keys', x5u: 'https://evil.example/cert' })
    expect(issuer.reads).toEqual([`${ISSUER}/.well-known/openid-configuration`, `${ISSUER}/keys`])
  })
})

describe('the flow', () => {
  test('follows from the client id, also where the audience names both and azp decides', async () => {
    const { login } = await setUp()
    const nonce = loginNonce(JKT)
    expect((await login({ aud: 'jit-browser', nonce })).flow).toBe('browser')
    expect((await login({ aud: ['jit-browser'], azp: 'jit-browser', nonce })).flow).toBe('browser')
    expect((await login({ aud: ['jit-browser', 'jit-device'], azp: 'jit-device' })).flow).toBe('device')
  })
})

describe('the binding to the key', () => {
  test.each(['jit-browser', 'jit-device'])('a nonce of another key is refused for %s', async (aud) => {
    const { login } = await setUp()
    await expect(login({ aud, nonce: loginNonce('another key') })).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('a browser login without nonce is refused', async () => {
    const { login } = await setUp()
    await expect(login({ aud: 'jit-browser' })).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('after a login with nonce, a refreshed token may lack it: for this key and this person', async () => {
    const { login, issuer, verify, claims } = await setUp()
    await login({ aud: 'jit-browser', nonce: loginNonce(JKT) })
    expect((await login({ aud: 'jit-browser' })).flow).toBe('browser')
    await expect(verify(await issuer.sign(claims({ aud: 'jit-browser' })), 'another key')).rejects.toMatchObject({
      code: 'invalid_token',
    })
    await expect(login({ aud: 'jit-browser', sub: 'mallory' })).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('a device login binds no key for the browser flow', async () => {
    const { login } = await setUp()
    await login()
    await expect(login({ aud: 'jit-browser' })).rejects.toMatchObject({ code: 'invalid_token' })
  })
})

describe('claims about the person', () => {
  test('an address that is not verified is not shown', async () => {
    const { login } = await setUp()
    const { person } = await login({ name: '', email_verified: false })
    expect(person).toEqual({ issuer: ISSUER, subject: 'alice', name: 'alice' })
  })

  test('control and bidirectional characters do not reach terminals', async () => {
    const { login } = await setUp()
    const { person } = await login({ name: 'Al\u001b[31mice\u202e\n' })
    expect(person.name).toBe('Al[31mice')
  })

  test('one group may come as a string, none as no claim', async () => {
    const { login } = await setUp()
    expect((await login({ groups: 'dev' })).groups).toEqual(['dev'])
    expect((await login({ groups: undefined })).groups).toEqual([])
  })

  test.each([
    ['claim names elsewhere', { groups: undefined, _claim_names: { groups: 'src1' } }],
    ['hasgroups', { groups: undefined, hasgroups: true }],
    ['more than fit into an access token', { groups: Array.from({ length: 501 }, (_, i) => `g${i}`) }],
    ['longer than fit into an access token', { groups: Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(200)) }],
  ])('groups that the IdP left out are a refusal, not an empty list: %s', async (_, change) => {
    const { login } = await setUp()
    await expect(login(change)).rejects.toMatchObject({ code: 'denied' })
  })
})

describe('keys of the IdP', () => {
  const document = `${ISSUER}/.well-known/openid-configuration`

  test('are read once for many logins at once, and again after ten minutes', async () => {
    const { issuer, login, clock } = await setUp()
    await Promise.all([login(), login(), login()])
    expect(issuer.reads).toHaveLength(2)
    clock.advance(599_999)
    await login()
    expect(issuer.reads).toHaveLength(2)
    clock.advance(1)
    await login()
    expect(issuer.reads).toHaveLength(4)
  })

  test('are read again for an unknown kid, at most once in 30 s', async () => {
    const { issuer, login, clock } = await setUp()
    await login()
    await issuer.rotate('k2')
    await expect(login()).rejects.toMatchObject({ code: 'invalid_token' })
    expect(issuer.reads).toHaveLength(2)
    clock.advance(30_000)
    await login()
    for (let i = 0; i < 5; i++)
      await expect(login({}, { kid: 'made-up' })).rejects.toMatchObject({ code: 'invalid_token' })
    expect(issuer.reads).toHaveLength(4)
  })

  test('stay good while the IdP is down, for ten minutes', async () => {
    const { issuer, login, clock } = await setUp()
    await login()
    issuer.down = true
    clock.advance(60_000)
    await expect(login({}, { kid: 'made-up' })).rejects.toMatchObject({ code: 'idp_unavailable' })
    const { length } = issuer.reads
    await expect(login({}, { kid: 'made-up' })).rejects.toMatchObject({ code: 'invalid_token' })
    expect(issuer.reads).toHaveLength(length)
    await login()
    clock.advance(540_000)
    await expect(login()).rejects.toMatchObject({ code: 'idp_unavailable' })
    issuer.down = false
    await login()
  })

  const wrong: Record<string, readonly [url: string, status: number, text: string]> = {
    'another issuer in the document': [
      document,
      200,
      JSON.stringify({ issuer: 'https://evil.example', jwks_uri: `${ISSUER}/keys` }),
    ],
    'keys on plain http': [document, 200, JSON.stringify({ issuer: ISSUER, jwks_uri: 'http://idp.example/keys' })],
    'keys in a file': [document, 200, JSON.stringify({ issuer: ISSUER, jwks_uri: 'file:///etc/passwd' })],
    'a page of a proxy': [document, 200, '<html>'],
    'an error': [document, 503, '{}'],
    'a redirect': [document, 302, ''],
    'no key set': [`${ISSUER}/keys`, 200, '{"keys":"none"}'],
    'too large a key set': [`${ISSUER}/keys`, 200, `{"keys":[],"x":"${'x'.repeat(300_000)}"}`],
  }
  test.each(Object.entries(wrong))('are not taken from: %s', async (_, [url, status, text]) => {
    const { issuer, login } = await setUp()
    issuer.answers.set(url, { status, text })
    await expect(login()).rejects.toMatchObject({ code: 'idp_unavailable' })
    expect(issuer.reads.filter((read) => !read.startsWith(`${ISSUER}/`))).toEqual([])
  })

  test('that are symmetric do not verify anything', async () => {
    const { issuer, verify, claims } = await setUp()
    const secret = Buffer.from('0123456789abcdef0123456789abcdef')
    const keys = [{ kty: 'oct', kid: 'k1', alg: 'HS256', k: secret.toString('base64url') }]
    issuer.answers.set(`${ISSUER}/keys`, { status: 200, text: JSON.stringify({ keys }) })
    const forged = await new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret)
    await expect(verify(forged, JKT)).rejects.toMatchObject({ code: 'invalid_token' })
  })
})
