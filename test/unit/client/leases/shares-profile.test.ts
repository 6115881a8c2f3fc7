import { expect, test } from 'vitest'
import { sharesProfile } from '../../../../src/client/leases/shares-profile.ts'
import type { Entry } from '../../../../src/client/leases/types.ts'

const held = (profile: string, deliver: Entry['deliver'], cloud: Entry['cloud'] = 'aws') => [
  { cloud, profile, deliver },
]
const WANTED = [{ cloud: 'aws', profile: 'jit-prod-db' }] as const

test.each([
  ['of the same name in a file of the user’s is in the way', held('jit-prod-db', 'files'), true],
  ['that a program of the user’s config asks for is, too', held('jit-prod-db', 'process'), true],
  ['in a private directory is not: two executions at once each have their own', held('jit-prod-db', 'isolated'), false],
  ['of another name is not', held('jit-other', 'files'), false],
  ['of another cloud is not', held('jit-prod-db', 'files', 'gcp'), false],
])('a profile %s', (_, entries, expected) => {
  expect(sharesProfile(entries, WANTED)).toBe(expected)
})
