import { expect, test } from 'vitest'
import { guardedHttp } from '../../../../src/server/exchange/guarded-http.ts'
import { scriptedHttp } from '../../../support/scripted-http.ts'

const guarded = (http = scriptedHttp(() => ({ json: {} }))) => ({
  ...http,
  wire: guardedHttp(http.http, (host) => host === 'sts.googleapis.com', AbortSignal.timeout(1_000)),
})
const call = (url: string) => ({ method: 'POST', url, timeoutMs: 100 }) as const

test.each([
  'https://sts.googleapis.com.evil.example/v1/token',
  'https://evil.example/sts.googleapis.com',
  'https://sts.googleapis.com@evil.example/',
  'https://sts.googleapis.com:8443/v1/token',
  'http://sts.googleapis.com/v1/token',
])('nothing is sent to %s', async (url) => {
  const { wire, asked } = guarded()
  await expect(wire.http(call(url))).rejects.toThrow('is not where this exchange may go')
  expect(asked).toEqual([])
  expect(wire.last()?.failure).toBeDefined()
})

test('what is allowed is sent, and the last answer or failure is remembered', async () => {
  const { wire } = guarded(scriptedHttp((_request, index) => (index === 0 ? { status: 400, json: {} } : 'refused')))
  expect(wire.last()).toBeUndefined()
  await wire.http(call('https://sts.googleapis.com/v1/token'))
  expect(wire.last()).toMatchObject({ host: 'sts.googleapis.com', answer: { status: 400 } })
  await expect(wire.http(call('https://sts.googleapis.com/v1/token'))).rejects.toThrow('refused')
  expect(wire.last()).toMatchObject({ failure: { failure: 'refused' } })
})
