import { join } from 'node:path'
import { statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { noteEnded, type RenewalNote, renewalNotesIn } from '../../../src/client/renewal-notes.ts'
import { nodeFileSystem } from '../../../src/platform/files.ts'
import { NOW } from '../../support/fake-approval.ts'
import { faultyFiles } from '../../support/faulty-files.ts'
import { TempHome } from '../../support/temp-home.ts'

const note = (grant: string, more: Partial<RenewalNote> = {}): RenewalNote => ({
  grant,
  target: 'prod-db',
  outcome: 'failed',
  code: 'LOGIN_NEEDED',
  message: 'You are not logged in.',
  hint: 'Type: jit login',
  at: NOW,
  ...more,
})

test('kept for whoever asks next, in another process too, and gone when removed', () => {
  using home = new TempHome()
  renewalNotesIn(nodeFileSystem, home.stateDir).put(note('g_1'))
  const notes = renewalNotesIn(nodeFileSystem, home.stateDir)
  expect(notes.of('g_1')).toEqual(note('g_1'))
  expect(notes.of('g_2')).toBeUndefined()
  expect(statSync(join(home.stateDir, 'renewals/g_1.json')).mode & 0o777).toBe(0o600)
  notes.put(note('g_1', { at: NOW + 1 }))
  expect(notes.list()).toEqual([note('g_1', { at: NOW + 1 })])
  notes.remove('g_1')
  expect(notes.list()).toEqual([])
})

test('those of yesterday go when there is a new one', () => {
  using home = new TempHome()
  const notes = renewalNotesIn(nodeFileSystem, home.stateDir)
  notes.put(note('g_old', { at: NOW - 25 * 3_600_000 }))
  notes.put(note('g_1'))
  expect(notes.list()).toEqual([note('g_1')])
})

test('a torn one is none', () => {
  using home = new TempHome()
  const notes = renewalNotesIn(nodeFileSystem, home.stateDir)
  notes.put(note('g_1'))
  writeFileSync(join(home.stateDir, 'renewals/g_1.json'), '{"grant":')
  expect(notes.of('g_1')).toBeUndefined()
})

test('a full disk keeps no renewal from its work', () => {
  using home = new TempHome()
  const { fs } = faultyFiles(nodeFileSystem, { kind: 'error', at: 1, code: 'ENOSPC', forGood: true })
  const notes = renewalNotesIn(fs, home.stateDir)
  expect(() => notes.put(note('g_1'))).not.toThrow()
  expect(() => notes.remove('g_1')).not.toThrow()
})

test('whose grant an administrator stopped is not simply sent to ask anew', () => {
  const put: RenewalNote[] = []
  const notes = { put: (each: RenewalNote) => void put.push(each) }
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
