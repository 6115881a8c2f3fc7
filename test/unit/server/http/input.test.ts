import { describe, expect, test } from 'vitest'
import { id, loggedIn, newRequest } from '../../../support/running-api.ts'

describe('asking', () => {
  test('needs an idempotency key, and passes it on', async () => {
    const { caller, heard } = await loggedIn()
    const without = await caller.call('/v1/requests', { method: 'POST', body: newRequest })
    expect([without.status, without.json['code']]).toEqual([400, 'invalid_request'])
    await caller.ask(newRequest, 'key-0001')
    expect(heard).toMatchObject([{ call: 'ask', args: [newRequest, 'key-0001'] }])
  })

  test.each<[string, unknown]>([
    ['an unknown member', { ...newRequest, admin: true }],
    [
      'a __proto__',
      JSON.parse('{"__proto__":{"x":1},"targets":["prod-db"],"durationSeconds":1,"reason":"r","host":"h"}'),
    ],
    ['a duration that is no integer', { ...newRequest, durationSeconds: 1.5 }],
    ['a duration as text', { ...newRequest, durationSeconds: '3600' }],
    ['a duration beyond all sense', { ...newRequest, durationSeconds: 1e300 }],
    ['a reason without end', { ...newRequest, reason: 'x'.repeat(2001) }],
    ['targets without end', { ...newRequest, targets: Array.from({ length: 101 }, (_, i) => `t${i}`) }],
    ['an unknown delivery', { ...newRequest, deliver: 'fax' }],
    ['null for what is absent', { ...newRequest, ticket: null }],
    ['a list', [newRequest]],
    ['no object', 'prod-db'],
  ])('is refused with %s', async (_, body) => {
    const { caller, heard } = await loggedIn()
    const { status, json } = await caller.ask(body)
    expect([status, json['code']]).toEqual([400, 'invalid_request'])
    expect(heard).toEqual([])
  })

  test('says how long a reason may be', async () => {
    const { caller } = await loggedIn()
    const { json } = await caller.ask({ ...newRequest, reason: 'x'.repeat(2001) })
    expect(json['detail']).toBe('reason: may have 500 characters at most.')
  })

  test('says which member is wrong', async () => {
    const { caller } = await loggedIn()
    expect((await caller.ask({ ...newRequest, targets: ['ok', 7] })).json['detail']).toMatch(/^targets\.1: /)
  })

  test.each([
    [
      'the same member twice',
      '{"targets":["prod-db"],"durationSeconds":60,"durationSeconds":3600,"reason":"r","host":"h"}',
    ],
    ['broken JSON', '{"targets":'],
    ['no body', ''],
  ])('is refused with %s', async (_, raw) => {
    const { caller, heard } = await loggedIn()
    const headers = { 'idempotency-key': 'key-0001' }
    const { status, json } = await caller.call('/v1/requests', { method: 'POST', raw, headers })
    expect([status, json['code']]).toEqual([400, 'invalid_request'])
    expect(heard).toEqual([])
  })

  test('is refused with another content type, so that no check is skipped', async () => {
    const { caller, heard } = await loggedIn()
    const headers = { 'idempotency-key': 'key-0001', 'content-type': 'text/plain' }
    const { status } = await caller.call('/v1/requests', { method: 'POST', raw: '{}', headers })
    expect(status).toBe(400)
    expect(heard).toEqual([])
  })
})

describe('waiting', () => {
  test.each(['26', '-1', '1.5', 'x', '', '1&wait=2', '5&other=1'])('wait=%s is refused', async (wait) => {
    const { caller } = await loggedIn()
    const { status } = await caller.call(`/v1/requests/${id}?wait=${wait}`)
    expect(status).toBe(400)
  })

  test('is answered at once when the endpoint stops, and the connection is not kept', async () => {
    const { caller, heard, stop } = await loggedIn()
    const waiting = caller.call(`/v1/requests/${id}?wait=25`)
    await expect.poll(() => heard.length).toBe(1)
    stop.abort()
    const { status, headers } = await waiting
    expect([status, headers['connection']]).toEqual([200, 'close'])
    expect(heard).toMatchObject([{ call: 'wait', args: [id, 25_000] }])
  })
})
