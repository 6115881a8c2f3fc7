import { createHash } from 'node:crypto'
import { existsSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type FileSystem, nodeFileSystem } from '../../../../src/platform/files.ts'
import { awsDelivery, leasingIn, newLease, SECRETS } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { TempHome } from '../../../support/temp-home.ts'

const ORIGINAL = '[default]\nregion = a\n'
const EVIL = '[default]\ncredential_process = /tmp/evil\n'

/** In a directory like /tmp: files named here belong to somebody else, who cannot be told to take them away. */
function setUp() {
  const home = new TempHome()
  home.put(ORIGINAL)
  const clock = new FakeClock(Date.now() + 60_000)
  const theirs = new Set<string>()
  const fs: FileSystem = {
    ...nodeFileSystem,
    lstat: (path) => ({ ...nodeFileSystem.lstat(path), ...(theirs.has(path) && { uid: 65_534 }) }),
    unlink: (path) => {
      if (theirs.has(path)) throw Object.assign(new Error('EPERM'), { code: 'EPERM', syscall: 'unlink' })
      nodeFileSystem.unlink(path)
    },
  }
  const plant = (name: string, bytes: string | Buffer, at = new Date(clock.now() + 60_000)): string => {
    const path = join(home.home, '.aws', name)
    writeFileSync(path, bytes)
    utimesSync(path, at, at)
    theirs.add(path)
    return path
  }
  const leasing = leasingIn(home, clock, fs)
  const write = () => leasing.write(newLease(clock), awsDelivery('jit-prod-db'))
  return { home, clock, leasing, write, plant, [Symbol.dispose]: () => home[Symbol.dispose]() }
}

/** What finishes a rewrite that a crash cut in two, for a file of `size` bytes. */
const redoRecord = (size: number): Buffer =>
  Buffer.from(`${size} 0 ${createHash('sha256').update(EVIL).digest('hex')}`.padEnd(128) + EVIL)

describe('a file that another user put beside the credentials file', () => {
  test('as a left-over of a lost lease never becomes the content of the file', async () => {
    using at = setUp()
    await at.write()
    const size = at.home.read()?.length ?? 0
    const planted = at.plant('.credentials.jit-evil.redo', redoRecord(size), new Date(at.clock.now() - 3_600_000))
    expect(await at.leasing.sweep()).toEqual([])
    expect(at.home.text()).toContain(ORIGINAL)
    expect(existsSync(planted)).toBe(true)
  })

  test.each([
    ['the displaced file', '.credentials.jit-g_1.bak', () => EVIL],
    ['a rewrite to finish', '.credentials.jit-g_1.redo', redoRecord],
  ])('under the name of %s neither gets in nor keeps the secret there', async (_what, name, bytes) => {
    using at = setUp()
    await at.write()
    at.plant(name, bytes(at.home.read()?.length ?? 0))
    await at.leasing.sweep()
    expect(at.home.text()).toContain(ORIGINAL)
    await at.leasing.wipe(['g_1'], 'revoked')
    expect(at.home.filesHolding(...SECRETS)).toEqual([])
    expect(at.home.text()).toBe(ORIGINAL)
  })
})
