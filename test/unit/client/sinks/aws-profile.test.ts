import { expect, test } from 'vitest'
import { profileLines } from '../../../../src/client/sinks/aws-profile.ts'
import { readCredentialsAnswer } from '../../../../src/contract/grant.ts'
import { readTargets } from '../../../../src/contract/target.ts'
import { awsCredential } from '../../../support/aws-lease.ts'

const delivery = { profile: 'jit-prod-db', grant: 'g_1', credential: awsCredential() }

test.each(['x.attacker.example/', 'a@attacker.example', 'eu-west-1\n[default]', '', 'eu.west'])(
  'a region that would lead SDKs to another host is not written: %j',
  (region) => {
    const odd = { ...delivery, credential: { ...delivery.credential, region } }
    expect(() => profileLines(odd)).toThrow('not safe to write')
    expect(profileLines(delivery)).toContain('region = eu-west-1')
  },
)

test.each(['DEFAULT', 'prod db', 'prod\u001b[2J', '../x', '', 'a'.repeat(64)])('no name of a target: %j', (name) => {
  const grant = {
    id: 'g_1',
    requestId: 'r_1',
    target: 'prod-db',
    state: 'active',
    startsAt: '2026-11-22T01:00:00Z',
    endsAt: '2026-11-22T02:00:00Z',
  }
  const sealed = { cloud: 'aws', profile: 'jit-prod-db', jwe: 'x' }
  const target = { name: 'prod-db', access: [], maxDurationSeconds: 1, approval: { kind: 'automatic' } }
  expect(readCredentialsAnswer({ grant, credentials: [sealed] }, 'answer')).toMatchObject({ grant })
  expect(() => readCredentialsAnswer({ grant: { ...grant, target: name }, credentials: [sealed] }, 'answer')).toThrow(
    'answer.grant.target',
  )
  expect(() => readCredentialsAnswer({ grant, credentials: [{ ...sealed, profile: name }] }, 'answer')).toThrow(
    'answer.credentials[0].profile',
  )
  expect(readTargets({ targets: [target] }, 'answer')).toEqual({ targets: [target] })
  expect(() => readTargets({ targets: [{ ...target, name }] }, 'answer')).toThrow('answer.targets[0].name')
})
