import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { directoryFacts } from '../../../src/platform/directory-facts.ts'
import { tempDirectory } from '../../support/temp-directory.ts'

test('a directory of ours, and one that is not there yet', () => {
  const made = tempDirectory()
  chmodSync(made.path, 0o750)
  const there = directoryFacts(made.path, 'linux')
  const missing = directoryFacts(join(made.path, 'a', 'b'), 'linux')
  made.remove()
  expect(there).toEqual({ isWritable: true, own: { mode: 0o750, uid: process.getuid?.(), isDirectory: true } })
  expect(missing).toEqual({ isWritable: true })
})

test.skipIf(!existsSync('/proc/sys/kernel'))('what cannot be written even by root', () => {
  expect(directoryFacts('/proc/sys/kernel/nothing', 'linux').isWritable).toBe(false)
})
