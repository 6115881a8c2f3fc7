import { expect, test } from 'vitest'
import { noteEnded } from '../../../src/client/ended-grants.ts'
import type { GrantNote } from '../../../src/client/grant-notes.ts'
import { NOW } from '../../support/fake-approval.ts'

test('whose grant an administrator stopped is not simply sent to ask anew', () => {
  const put: GrantNote[] = []
  const notes = { put: (each: GrantNote) => void put.push(each) }
  const lease = { id: 'g_1', target: 'prod-db' }
  noteEnded(notes, lease, 'killed', NOW)
  noteEnded(notes, lease, 'revoked', NOW)
  expect(put.map(({ message, hint }) => [message, hint])).toEqual([
    [
      'An administrator has stopped the grant for prod-db.',
      'Ask why before you ask anew: jit elevate prod-db --reason TEXT',
    ],
    ['The grant for prod-db was ended at the endpoint.', 'To ask anew: jit elevate prod-db --reason TEXT'],
  ])
})
