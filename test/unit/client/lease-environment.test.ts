import { expect, test } from 'vitest'
import { childEnvironment, leaseEnvironment } from '../../../src/client/lease-environment.ts'
import type { Entry, Lease } from '../../../src/client/leases/types.ts'
import type { Cloud } from '../../../src/contract/target.ts'

const ENDS_AT = 2_000_000_000_000

/** What a child gets whose caller has standing keys of his own in the environment. */
function childOf(cloud: Cloud, environment: Readonly<Record<string, string>>, env: Readonly<Record<string, string>>) {
  const entry: Entry = {
    cloud,
    profile: 'jit-prod',
    role: 'r',
    sink: `${cloud}-files`,
    deliver: 'files',
    asDefault: false,
    validUntil: ENDS_AT,
  }
  const lease: Lease = {
    version: 1,
    id: 'g_1',
    target: 'prod',
    endpoint: 'https://jit.corp.example',
    deliver: 'files',
    entries: [entry],
    state: 'active',
    writtenAt: 0,
    endsAt: ENDS_AT,
    writtenAtBootSeconds: 0,
    places: [],
    attempts: 0,
  }
  return childEnvironment(env, leaseEnvironment(lease, [{ entry, environment, usage: [] }]), lease)
}

test.each([
  ['gcp', 'GOOGLE_APPLICATION_CREDENTIALS'],
  ['gcp', 'GOOGLE_CREDENTIALS'],
  ['gcp', 'GOOGLE_OAUTH_ACCESS_TOKEN'],
  ['azure', 'ARM_CLIENT_SECRET'],
] as const)('a child with a grant of %s does not work with a standing key in %s', (cloud, name) => {
  expect(Object.keys(childOf(cloud, {}, { [name]: 'standing', PATH: '/bin' }))).not.toContain(name)
})

test('what the delivery itself sets stays', () => {
  const environment = { GOOGLE_APPLICATION_CREDENTIALS: '/run/adc.json' }
  const child = childOf('gcp', environment, { GOOGLE_APPLICATION_CREDENTIALS: '/home/u/key.json' })
  expect(child['GOOGLE_APPLICATION_CREDENTIALS']).toBe('/run/adc.json')
})

test('another cloud keeps its own', () => {
  expect(childOf('aws', {}, { GOOGLE_CREDENTIALS: 'mine', ARM_CLIENT_SECRET: 'mine' })).toMatchObject({
    GOOGLE_CREDENTIALS: 'mine',
    ARM_CLIENT_SECRET: 'mine',
  })
})
