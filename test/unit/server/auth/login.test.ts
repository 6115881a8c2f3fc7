import type { JWTPayload } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { loginNonce } from '../../../../src/base/login-nonce.ts'
import { AUDIENCE, workloadWorld } from '../../../support/workload-world.ts'

type World = Awaited<ReturnType<typeof workloadWorld>>
let world: World
beforeAll(async () => {
  world = await workloadWorld()
})

const NOW = Date.parse('2026-11-21T12:00:00Z') / 1000

describe('a token of an unknown issuer', () => {
  test('has nobody asked anything', async () => {
    const fresh = await workloadWorld()
    await expect(fresh.loginWith('github', { iss: 'https://evil.example' })).rejects.toMatchObject({
      message: 'The token is of the issuer https://evil.example, which this endpoint does not know.',
    })
    expect(fresh.reads).toEqual([])
  })
})

describe('people and pipelines', () => {
  const person = (change: JWTPayload = {}): JWTPayload => ({
    iss: 'https://idp.corp.example',
    sub: 'alice',
    aud: 'jit-browser',
    nonce: loginNonce('her-key'),
    iat: NOW,
    exp: NOW + 300,
    jti: String(Math.random()),
    ...change,
  })

  test('log in side by side', async () => {
    const { flow, workload } = await world.login(await world.idp.sign(person()), 'her-key')
    expect([flow, workload]).toEqual(['browser', undefined])
  })

  test.each<[string, JWTPayload]>([
    ["a person's token for pipelines", { aud: AUDIENCE }],
    ["a person's token that names another issuer", { iss: 'https://token.actions.githubusercontent.com' }],
    ["a person's token that claims to be a job", { aud: AUDIENCE, repository_id: '123456', event_name: 'push' }],
  ])('never pass for each other: %s', async (_what, change) => {
    await expect(world.login(await world.idp.sign(person(change)), 'her-key')).rejects.toMatchObject({
      code: 'invalid_token',
    })
  })

  test.each<[string, JWTPayload]>([
    ['for the browser client', { aud: 'jit-browser', nonce: loginNonce('key-of-the-job') }],
    ['for the device client', { aud: 'jit-device' }],
    ["that names the company's IdP", { iss: 'https://idp.corp.example', aud: 'jit-device' }],
  ])("never pass for each other: a job's token %s", async (_what, change) => {
    await expect(world.loginWith('github', change)).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('of one issuer are told by the audience', async () => {
    const both = await workloadWorld(`workloads:
  audience: ${AUDIENCE}
  issuers: [{ preset: pinned, issuer: https://idp.corp.example }]
  pipelines: [{ name: bot, issuer: pinned, match: { sub: robot } }]
`)
    const robot = await both.idp.sign(person({ sub: 'robot', aud: AUDIENCE }))
    expect((await both.login(robot, 'k')).workload?.pipelines).toEqual(['bot'])
    expect((await both.login(await both.idp.sign(person()), 'her-key')).flow).toBe('browser')
    const sly = await both.idp.sign(person({ sub: 'robot', aud: ['jit-device', AUDIENCE] }))
    await expect(both.login(sly, 'k')).rejects.toMatchObject({ code: 'invalid_token' })
  })
})
