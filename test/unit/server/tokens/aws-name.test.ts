import { assert, property, record, string } from 'fast-check'
import { expect, test } from 'vitest'
import { awsName } from '../../../../src/server/tokens/aws-name.ts'

test('is always something that AWS takes as a source identity', () => {
  assert(
    property(
      record({ issuer: string(), subject: string({ unit: 'binary' }), email: string({ maxLength: 300 }) }),
      (p) => {
        expect(awsName({ ...p, name: '' })).toMatch(/^[\w+=,.@-]{2,64}$/)
      },
    ),
  )
})

test('starts with the email address, so that people recognise it', () => {
  const name = awsName({ issuer: 'i', subject: 's', name: 'Alice', email: 'alice@corp.example' })
  expect(name).toMatch(/^alice@corp\.example=[0-9a-v]{12}$/)
})

test.each([
  ['same address, other subject', { subject: 'b' }],
  ['same subject, other issuer', { issuer: 'j' }],
])('tells people apart: %s', (_, other) => {
  const alice = { issuer: 'i', subject: 'a', name: 'Alice', email: 'alice@corp.example' }
  expect(awsName({ ...alice, ...other })).not.toBe(awsName(alice))
})

test('does not depend on what a person may change about the label', () => {
  const digest = (email: string) => awsName({ issuer: 'i', subject: 'a', name: '', email }).split('=').at(-1)
  expect(digest('a@x.example')).toBe(digest('b@x.example'))
})
