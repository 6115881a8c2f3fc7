import { describe, expect, test } from 'vitest'
import { readProblem } from '../../../../src/contract/problem.ts'
import { send } from '../../../support/api-caller.ts'
import { fakeServices } from '../../../support/fake-services.ts'
import { loggedIn, started } from '../../../support/running-api.ts'

describe('refusals', () => {
  test('have the words of the refusal, once, as a problem', async () => {
    const { caller } = await loggedIn()
    const { status, headers, json } = await caller.call('/v1/requests/r_other')
    expect(headers['content-type']).toBe('application/problem+json')
    expect(status).toBe(404)
    expect(readProblem(json, 'problem')).toEqual({
      type: 'urn:jit:problem:not_found',
      title: 'Not found',
      status: 404,
      code: 'not_found',
      detail: 'There is no request r_other.',
      hint: 'See: jit requests',
    })
  })

  test('a bug says nothing but an id, under which the log has the cause', async () => {
    const fake = await fakeServices()
    const approvals = { ...fake.services.approvals, list: () => Promise.reject(new Error('secret table is on fire')) }
    const { caller, logged } = await loggedIn({ services: { approvals } })
    const { status, text, headers } = await caller.call('/v1/requests?which=mine')
    expect(status).toBe(500)
    expect(text).not.toMatch(/fire|stack|Error:/)
    const requestId = String(headers['x-request-id'])
    expect(JSON.parse(text).detail).toContain(requestId)
    expect(logged.filter((line) => line.includes('on fire') && line.includes(requestId))).toHaveLength(1)
  })

  test.each([
    ['GET', '/'],
    ['GET', '/v1'],
    ['DELETE', '/v1/me'],
    ['GET', '/v1/requests/r_1/approve'],
  ])('%s %s leads nowhere', async (method, path) => {
    const { caller } = await loggedIn()
    const { status } = await caller.call(path, { method })
    expect([401, 404]).toContain(status)
  })

  test('a body over 64 KiB', async () => {
    const { port } = await started()
    const { status, json } = await send(port, '/v1/sessions', { method: 'POST', body: { idToken: 'x'.repeat(66_000) } })
    expect([status, json['code']]).toEqual([413, 'too_large'])
  })

  test('a body over 64 KiB that does not say its length', async () => {
    const { port } = await started()
    const headers = { 'transfer-encoding': 'chunked' }
    const { status } = await send(port, '/v1/sessions', { method: 'POST', raw: 'x'.repeat(70_000), headers })
    expect(status).toBe(413)
  })

  test('headers beyond what a token with many groups needs', async () => {
    const { port } = await started()
    const { status } = await send(port, '/v1/me', { headers: { authorization: `DPoP ${'x'.repeat(40_000)}` } })
    expect(status).toBe(431)
  })
})

describe('headers', () => {
  test.each(['/v1/health', '/v1/me', '/nowhere', '/jwks.json'])(
    'each answer tells time and next nonce: %s',
    async (path) => {
      const { port } = await started()
      const { headers } = await send(port, path, {})
      expect(Date.parse(String(headers['date']))).toBeGreaterThan(Date.now() - 60_000)
      expect(headers['dpop-nonce']).toMatch(/^[\w.-]{10,}$/)
      expect(headers['x-content-type-options']).toBe('nosniff')
    },
  )

  test.each(['/v1/me', '/v1/sessions'])('nothing personal is cached: %s', async (path) => {
    const { caller } = await loggedIn()
    expect((await caller.call(path)).headers['cache-control']).toBe('no-store')
  })

  test('a forged Host header changes nothing', async () => {
    const { caller } = await loggedIn()
    const { status } = await caller.call('/v1/me', { headers: { host: 'evil.example' } })
    expect(status).toBe(200)
  })
})

describe('too many calls', () => {
  const few = { burst: 3, perSecond: 0.001 }
  const rates = { person: few, channel: few, address: few }

  test('of one person are refused, with a time to come back', async () => {
    const { caller } = await loggedIn({ services: { rates } })
    const statuses = [1, 2, 3, 4].map(() => caller.call('/v1/me'))
    const answers = await Promise.all(statuses)
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 200, 429])
    expect(answers.find(({ status }) => status === 429)).toMatchObject({ json: { code: 'rate_limited' } })
  })

  test('that prove nothing are refused by address, but asking for a nonce is none of them', async () => {
    const { port, caller } = await started({ services: { rates } })
    for (let i = 0; i < 6; i++) {
      caller.nonce = undefined
      await caller.login('id.token.here')
    }
    const failing = []
    for (let i = 0; i < 4; i++) failing.push((await send(port, '/v1/me', {})).status)
    expect(failing).toEqual([401, 401, 401, 429])
  })

  test('of a stranger do not lock out whoever shares his address', async () => {
    const { port, caller } = await loggedIn({ services: { rates } })
    for (let i = 0; i < 5; i++) await send(port, '/v1/me', {})
    expect((await send(port, '/v1/me', {})).status).toBe(429)
    expect((await caller.call('/v1/me')).status).toBe(200)
    expect((await caller.login('id.token.here')).status).toBe(200)
  })
})
