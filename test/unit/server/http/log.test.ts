import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { makeLog } from '../../../../src/server/http/log.ts'
import { Refusal } from '../../../../src/server/refusal.ts'
import { aGrant, alice } from '../../../support/fake-services.ts'
import { loggedIn, newRequest } from '../../../support/running-api.ts'

const CANARY = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ'
const parts = (token: string): readonly string[] => token.split('.').filter((part) => part.length > 12)

describe('the log', () => {
  test('holds no token, proof, nonce-bound secret or credential after a whole session of calls, good and bad', async () => {
    const verifyIdToken = async (idToken: string) => {
      if (idToken !== CANARY)
        throw new Refusal('invalid_token', 'no', undefined, { cause: new Error(`bad: ${idToken}`) })
      return alice
    }
    const { caller, logged } = await loggedInWith(verifyIdToken)
    const secrets = [CANARY, caller.accessToken ?? '', await caller.proof('GET', '/v1/me')]
    await caller.ask(newRequest)
    await caller.ask({ ...newRequest, idToken: CANARY })
    await caller.call(`/v1/grants/${aGrant.id}/credentials`, { method: 'POST', body: { key: CANARY } })
    const key = { kty: 'EC', crv: 'P-256', x: caller.key.jwk.x, y: caller.key.jwk.y }
    const { text } = await caller.call(`/v1/grants/${aGrant.id}/credentials`, { method: 'POST', body: { key } })
    expect(text).toContain('eyJhbGciOiJFQ0RILUVTIn0')
    await caller.call('/v1/me', { headers: { authorization: `Bearer ${CANARY}` } })
    await caller.call('/v1/me', { headers: { dpop: CANARY } })
    await caller.call(`/v1/me?token=${CANARY}`)
    await caller.login(CANARY.replace('eyJz', 'eyJt'))

    const log = logged.join('')
    expect(logged.length).toBeGreaterThan(9)
    for (const secret of [...secrets, CANARY.replace('eyJz', 'eyJt'), 'eyJhbGciOiJFQ0RILUVTIn0'])
      for (const part of [secret, ...parts(secret).slice(1)]) expect(log).not.toContain(part)
  })

  async function loggedInWith(verifyIdToken: (idToken: string) => Promise<typeof alice>) {
    const all = await loggedIn({
      verifyIdToken: async (idToken) => (idToken === 'id.token.here' ? alice : verifyIdToken(idToken)),
    })
    await all.caller.login(CANARY)
    return all
  }

  test.each<[string, object]>([
    ['member', { idToken: CANARY }],
    [
      'member of a member',
      { body: { idToken: 'plain-secret', jwe: 'plain-secret' }, headers: { dpop: 'plain-secret' } },
    ],
    ['message', { err: new Error(`could not read ${CANARY}`) }],
    ['cause', { err: new Error('x', { cause: new Error(CANARY) }) }],
    ['text', { note: inspect({ deep: { deep: { deep: CANARY } } }) }],
  ])('keeps a token out although it was logged as %s', (_, entry) => {
    const lines: string[] = []
    makeLog({ write: (line) => void lines.push(line) }).info(entry, `and in the text ${CANARY}`)
    expect(lines.join('')).not.toMatch(/canary|eyJzdWIi|plain-secret/)
    expect(lines.join('')).toContain('[redacted]')
    expect(() => JSON.parse(lines[0] ?? '')).not.toThrow()
  })
})
