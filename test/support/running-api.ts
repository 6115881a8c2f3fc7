import { expect } from 'vitest'
import { ApiCaller } from './api-caller.ts'
import { aRequest, ENDPOINT, type FakeOptions, fakeServices } from './fake-services.ts'
import { serving } from './serving.ts'

/** The API on loopback, and a caller that has not logged in. */
export async function started(options?: FakeOptions) {
  const fake = await fakeServices(options)
  const { port } = await serving(fake.services)
  const caller = await ApiCaller.make(ENDPOINT, port)
  return { ...fake, port, caller }
}

/** The API on loopback, and a caller that has logged in as Alice. */
export async function loggedIn(options?: FakeOptions) {
  const all = await started(options)
  expect((await all.caller.login('id.token.here')).status).toBe(200)
  return all
}

export const newRequest = { targets: ['prod-db'], durationSeconds: 3600, reason: 'slow query', host: 'laptop' }
export const id = aRequest.id
