import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createLeasing } from '../../../../src/client/leasing.ts'
import { whileLocked } from '../../../../src/client/sinks/client-lock.ts'
import { awsCredentials } from '../../../../src/client/sinks/formats/aws-credentials.ts'
import type { Format } from '../../../../src/client/sinks/formats/types.ts'
import type { FormatSystem } from '../../../../src/client/sinks/settled.ts'
import { nodeFileSystem } from '../../../../src/platform/files.ts'
import { awsDelivery, newLease } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { faultyFiles } from '../../../support/faulty-files.ts'
import { leasingDeps } from '../../../support/leasing-deps.ts'
import { TempHome } from '../../../support/temp-home.ts'

const DEAD = 4_000_000
const locking: Format = { ...awsCredentials, lockFile: (path) => `${path}.lockfile` }

class NoticingClock extends FakeClock {
  slept: number[] = []
  during: () => void = () => undefined
  override sleep(ms: number): Promise<void> {
    this.slept.push(ms)
    this.during()
    return super.sleep(ms)
  }
}

function setUp() {
  const home = new TempHome()
  const clock = new NoticingClock(Date.now() + 60_000)
  mkdirSync(join(home.home, '.aws'), { mode: 0o700 })
  const lock = `${home.credentials}.lockfile`
  const processes = { pid: 77, isAlive: (pid: number) => pid !== DEAD }
  const system: FormatSystem = { fs: nodeFileSystem, clock, processes, uid: process.getuid?.() ?? 0, format: locking }
  const look = async () => (existsSync(lock) ? readFileSync(lock, 'utf8') : 'no lock')
  return {
    home,
    clock,
    lock,
    look,
    whileLocked: (path = home.credentials) => whileLocked(system, path, look),
    [Symbol.dispose]: () => home[Symbol.dispose](),
  }
}

describe("the lock file of a client's own protocol", () => {
  test('is there while jit changes the file, says whose it is, and goes', async () => {
    using at = setUp()
    expect(await at.whileLocked()).toBe('77 jit')
    expect([existsSync(at.lock), at.clock.slept]).toEqual([false, []])
  })

  test('of the client is waited for, 250 ms at a time', async () => {
    using at = setUp()
    writeFileSync(at.lock, '4711 az')
    at.clock.during = () => at.clock.slept.length === 3 && rmSync(at.lock)
    expect(await at.whileLocked()).toBe('77 jit')
    expect(at.clock.slept).toEqual([250, 250, 250])
  })

  test('that nobody gives back is gone over after 5 s, and removed, as the client does', async () => {
    using at = setUp()
    writeFileSync(at.lock, '4711 az')
    expect(await at.whileLocked()).toBe('4711 az')
    expect(at.clock.slept).toHaveLength(20)
    expect(existsSync(at.lock)).toBe(false)
  })

  test.each([
    ['a dead jit', `${DEAD} jit`],
    ['this very process', '77 jit'],
  ])('left by %s is taken over at once', async (_whose, text) => {
    using at = setUp()
    writeFileSync(at.lock, text)
    expect(await at.whileLocked()).toBe('77 jit')
    expect([existsSync(at.lock), at.clock.slept]).toEqual([false, []])
  })

  test('of another living jit is waited for', async () => {
    using at = setUp()
    writeFileSync(at.lock, '78 jit')
    await at.whileLocked()
    expect(at.clock.slept).toHaveLength(20)
  })

  test('is no obstacle where its directory is missing', async () => {
    using at = setUp()
    rmSync(join(at.home.home, '.aws'), { recursive: true })
    expect(await at.whileLocked()).toBe('no lock')
    expect(at.home.names()).toEqual([])
  })

  test('goes when the work fails', async () => {
    using at = setUp()
    const { fs } = { fs: nodeFileSystem }
    const system: FormatSystem = {
      fs,
      clock: at.clock,
      processes: { pid: 77, isAlive: () => true },
      format: locking,
    }
    const failing = whileLocked(system, at.home.credentials, () => Promise.reject(new Error('EIO')))
    await expect(failing).rejects.toThrow('EIO')
    expect(existsSync(at.lock)).toBe(false)
  })
})

test('no crash leaves a lock behind, nor the file, once the next sweep has run', async () => {
  for (const step of ['write', 'wipe'] as const)
    for (let at = 1; ; at++) {
      using home = new TempHome('memory')
      home.put('[default]\nregion = a\n')
      const clock = new FakeClock(Date.now() + 60_000)
      const { home: userHome, stateDir } = home
      const formats = { 'aws-credentials': async () => locking }
      const place = { home: userHome, stateDir, clock }
      const whole = createLeasing({ ...leasingDeps(place), formats })
      const { fs, calls } = faultyFiles(nodeFileSystem, { kind: 'before', at })
      const dying = createLeasing({ ...leasingDeps({ ...place, fs }), formats })
      if (step === 'wipe') await whole.write(newLease(clock), awsDelivery('jit-prod-db'))
      const work =
        step === 'write' ? dying.write(newLease(clock), awsDelivery('jit-prod-db')) : dying.wipe(['g_1'], 'revoked')
      await work.catch(() => undefined)
      const settled = await whole.sweep().then(() => home.names())
      expect(settled).toEqual(['.aws', '.aws/credentials'])
      await whole.wipe(['g_1'], 'revoked')
      expect([home.text(), home.names()]).toEqual(['[default]\nregion = a\n', ['.aws', '.aws/credentials']])
      if (calls.length < at) break
    }
})
