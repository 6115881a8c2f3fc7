import { join } from 'node:path'
import { statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { grantNotesIn, type RenewalNote } from '../../../src/client/grant-notes.ts'
import { makeDirectories } from '../../../src/platform/durable.ts'
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
  grantNotesIn(nodeFileSystem, home.stateDir).put(note('g_1'))
  const notes = grantNotesIn(nodeFileSystem, home.stateDir)
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
  const notes = grantNotesIn(nodeFileSystem, home.stateDir)
  notes.put(note('g_old', { at: NOW - 25 * 3_600_000 }))
  notes.put(note('g_1'))
  expect(notes.list()).toEqual([note('g_1')])
})

test('a torn one is none', () => {
  using home = new TempHome()
  const notes = grantNotesIn(nodeFileSystem, home.stateDir)
  notes.put(note('g_1'))
  writeFileSync(join(home.stateDir, 'renewals/g_1.json'), '{"grant":')
  expect(notes.of('g_1')).toBeUndefined()
})

test('a full disk keeps no renewal from its work', () => {
  using home = new TempHome()
  const { fs } = faultyFiles(nodeFileSystem, { kind: 'error', at: 1, code: 'ENOSPC', forGood: true })
  const notes = grantNotesIn(fs, home.stateDir)
  expect(() => notes.put(note('g_1'))).not.toThrow()
  expect(() => notes.remove('g_1')).not.toThrow()
})

test('what an earlier version has written is read as it was meant', () => {
  using home = new TempHome()
  const notes = grantNotesIn(nodeFileSystem, home.stateDir)
  const written = { target: 'prod-db', message: 'm', hint: 'h', at: NOW }
  const documents = [
    { grant: 'g_failed', ...written, outcome: 'failed', code: 'LOGIN_NEEDED' },
    { grant: 'g_new', ...written, outcome: 'ended', code: 'GRANT_ENDED' },
    { grant: 'g_told', ...written, outcome: 'ended', code: 'GRANT_ENDED', told: 'yes' },
  ]
  makeDirectories(nodeFileSystem, join(home.stateDir, 'renewals'))
  for (const each of documents)
    writeFileSync(join(home.stateDir, 'renewals', `${each.grant}.json`), `${JSON.stringify(each)}\n`)
  expect(documents.map(({ grant }) => notes.of(grant))).toEqual(documents)
})
