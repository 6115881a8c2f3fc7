import { chmodSync, lchownSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/platform/clock.ts'
import { withLock } from '../../../src/platform/lock.ts'
import { keepPrivate } from '../../../src/platform/private-directory.ts'

const uid = process.getuid?.() ?? 0
let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'jit-private-'))
})
afterEach(() => rmSync(directory, { recursive: true }))
const mode = (path: string): number => statSync(path).mode & 0o777

describe.skipIf(process.platform === 'win32')('a directory of jit', () => {
  test('that is wider than 0700 is narrowed', () => {
    chmodSync(directory, 0o755)
    keepPrivate(directory, uid)
    expect(mode(directory)).toBe(0o700)
  })

  test.each([
    ['of another user', 0o755, uid + 1],
    ['that all users share', 0o1777, uid],
  ])('%s is refused and left as it is', (_what, wide, as) => {
    chmodSync(directory, wide)
    expect(() => keepPrivate(directory, as)).toThrow(expect.objectContaining({ code: 'FILE_REFUSED' }))
    expect(mode(directory)).toBe(wide & 0o777)
  })

  test.runIf(uid === 0)('by a link of another user, who could lead it elsewhere later, is refused', () => {
    const link = `${directory}-link`
    symlinkSync(directory, link)
    try {
      keepPrivate(link, uid) // our own link is fine
      lchownSync(link, uid + 1, 0)
      chmodSync(directory, 0o755)
      expect(() => keepPrivate(link, uid)).toThrow(expect.objectContaining({ code: 'FILE_REFUSED' }))
      expect(mode(directory)).toBe(0o755)
    } finally {
      rmSync(link)
    }
  })

  test('that is missing is nothing to narrow', () => {
    expect(() => keepPrivate(join(directory, 'none'), uid)).not.toThrow()
  })

  test('holds lock files that nobody else can open', async () => {
    const lock = join(directory, 'lock')
    await withLock(lock, systemClock, 0, async () => undefined)
    expect(mode(lock)).toBe(0o600)
  })
})
