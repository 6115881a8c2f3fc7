import { chmodSync, existsSync, linkSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { JitError } from '../../../../src/base/errors.ts'
import { nodeFileSystem, type OpenFor } from '../../../../src/platform/files.ts'
import { awsDelivery, leasingIn, newLease, SECRETS } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { faultyFiles } from '../../../support/faulty-files.ts'
import { TempHome } from '../../../support/temp-home.ts'

const ORIGINAL = '[default]\nregion = a'

function setUp(where?: 'memory') {
  const home = new TempHome(where)
  home.put(ORIGINAL, 0o644)
  const clock = new FakeClock(Date.now() + 60_000)
  const leasing = leasingIn(home, clock)
  const write = (id: string, target: string, ttlMs?: number, mark?: string) =>
    leasing.write(newLease(clock, id, target, ttlMs), awsDelivery(`jit-${target}`, mark))
  const stateFile = (...name: readonly string[]) => join(home.stateDir, 'm1', ...name)
  return { home, clock, leasing, write, stateFile, [Symbol.dispose]: () => home[Symbol.dispose]() }
}

describe('the journal', () => {
  test('names every place before the secret is there, and holds no secret', async () => {
    using at = setUp()
    let journal = ''
    const spying = {
      ...nodeFileSystem,
      rename(from: string, to: string) {
        nodeFileSystem.rename(from, to)
        if (to === at.home.credentials) journal = readFileSync(at.stateFile('leases', 'g_1.lease'), 'utf8')
      },
    }
    await leasingIn(at.home, at.clock, spying).write(newLease(at.clock), awsDelivery('jit-prod-db'))
    expect(JSON.parse(journal)).toMatchObject({
      state: 'writing',
      places: [{ path: at.home.credentials, mode: 0o644 }],
    })
    expect(at.home.filesHolding(...SECRETS)).toEqual([at.home.credentials])
  })

  test('is private', async () => {
    using at = setUp()
    await at.write('g_1', 'prod-db')
    const modes = readdirSync(at.home.stateDir, { recursive: true, encoding: 'utf8' }).map((name) => {
      const stat = statSync(join(at.home.stateDir, name))
      return [name, stat.isDirectory() ? 'directory' : 'file', stat.mode & 0o777]
    })
    expect(modes.filter(([, kind, mode]) => kind === 'directory' && mode !== 0o700)).toEqual([])
    expect(modes.filter(([, kind, mode]) => kind === 'file' && mode !== 0o600)).toEqual([])
  })

  test('goes with the lease', async () => {
    using at = setUp()
    await at.write('g_1', 'prod-db')
    expect(at.leasing.list()).toMatchObject([{ id: 'g_1', state: 'active', attempts: 0 }])
    expect(await at.leasing.wipe(['g_1'], 'revoked')).toEqual([
      { lease: 'g_1', target: 'prod-db', wiped: true, reason: 'revoked' },
    ])
    expect(at.leasing.list()).toEqual([])
    expect(readdirSync(at.stateFile('leases'))).toEqual([])
    expect([at.home.text(), at.home.mode()]).toEqual([ORIGINAL, 0o644])
  })
})

describe('two leases in one file', () => {
  test('end independently; the last one gives the mode back', async () => {
    using at = setUp()
    await at.write('g_1', 'one', 60_000)
    await at.write('g_2', 'two', 120_000, 'X')
    at.clock.advance(61_000)
    expect(await at.leasing.sweep()).toMatchObject([{ lease: 'g_1', wiped: true, reason: 'ttl' }])
    expect(at.home.text()).toContain('[jit-two]')
    expect(at.home.text()).not.toContain('[jit-one]')
    expect(at.home.mode()).toBe(0o600)
    at.clock.advance(61_000)
    await at.leasing.sweep()
    expect([at.home.text(), at.home.mode()]).toEqual([ORIGINAL, 0o644])
  })

  test('of one profile: the later takes over, and the earlier entry goes', async () => {
    using at = setUp()
    await at.write('g_1', 'prod-db')
    await at.write('g_2', 'prod-db', undefined, 'NEW')
    expect(at.leasing.list().map(({ id }) => id)).toEqual(['g_2'])
    expect(at.home.text()?.match(/\[jit-prod-db\]/g)).toHaveLength(1)
    await at.leasing.wipe(['g_2'], 'revoked')
    expect([at.home.text(), at.home.mode()]).toEqual([ORIGINAL, 0o644])
  })

  test('that made the file together leave none', async () => {
    using at = setUp()
    rmSync(join(at.home.home, '.aws'), { recursive: true })
    await at.write('g_1', 'one')
    await at.write('g_2', 'two', undefined, 'X')
    await at.leasing.wipe(['g_1', 'g_2'], 'revoked')
    expect(at.home.names()).toEqual([])
  })
})

test.each([0o644, 0o666, 0o440])(
  'a secret is never in a file wider than 0600, at no call, for a user file of %o',
  async (mode) => {
    using at = setUp('memory')
    const twin = join(at.home.root, 'twin')
    linkSync(at.home.credentials, twin)
    const wide: string[] = []
    let seen = 0
    const look = (): void => {
      const files = at.home.filesHolding(...SECRETS)
      seen += files.length
      wide.push(...files.filter((file) => (statSync(file).mode & 0o177) !== 0))
    }
    const real = nodeFileSystem
    const watched = {
      ...real,
      open: (path: string, how: OpenFor, bits?: number) => after(real.open(path, how, bits)),
      write: (...args: Parameters<typeof real.write>) => after(real.write(...args)),
      rename: (from: string, to: string) => after(real.rename(from, to)),
      link: (from: string, to: string) => after(real.link(from, to)),
      fchmod: (fd: number, bits: number) => after(real.fchmod(fd, bits)),
    }
    const after = <T>(result: T): T => (look(), result)
    for (const hardLinked of [true, false]) {
      if (!hardLinked) rmSync(twin)
      chmodSync(at.home.credentials, mode)
      const leasing = leasingIn(at.home, at.clock, watched)
      await leasing.write(newLease(at.clock, 'g_1', 'one'), awsDelivery('jit-one'))
      await leasing.write(newLease(at.clock, 'g_2', 'two'), awsDelivery('jit-two', 'X'))
      await leasing.wipe(['g_1', 'g_2'], 'revoked')
      expect(at.home.mode()).toBe(mode)
    }
    expect(wide).toEqual([])
    expect(seen).toBeGreaterThan(10)
  },
)

describe('whether a sweep is due', () => {
  test('is no while nothing lies here, without touching the lock', () => {
    using at = setUp()
    expect(at.leasing.due()).toBe(false)
    expect(existsSync(at.stateFile('lock'))).toBe(false)
  })

  test('follows both clocks', async () => {
    using at = setUp()
    await at.write('g_1', 'prod-db', 600_000)
    expect(at.leasing.due()).toBe(false)
    at.clock.setWall(at.clock.now() - 3_600_000)
    expect(at.leasing.due()).toBe(false)
    at.clock.advance(600_000)
    expect(at.leasing.due()).toBe(true)
  })

  test('is yes after a reboot, and where the hint is lost or torn', async () => {
    using at = setUp()
    await at.write('g_1', 'prod-db')
    const hint = readFileSync(at.stateFile('next-expiry'), 'utf8')
    expect(Number(hint.split(' ')[0])).toBeCloseTo(at.clock.now() / 1000 + 3600, -1)
    for (const torn of ['', hint.slice(0, -1), 'nonsense\n']) {
      writeFileSync(at.stateFile('next-expiry'), torn)
      expect(at.leasing.due()).toBe(true)
    }
    rmSync(at.stateFile('next-expiry'))
    expect(at.leasing.due()).toBe(true)
    writeFileSync(at.stateFile('next-expiry'), hint)
    expect(at.leasing.due()).toBe(false)
    at.clock.reboot()
    expect(at.leasing.due()).toBe(true)
  })
})

describe('an entry that cannot be read', () => {
  const tear = (at: ReturnType<typeof setUp>, keep: number) => {
    const file = at.stateFile('leases', 'g_1.lease')
    writeFileSync(file, readFileSync(file).subarray(0, keep))
  }

  test.each([0, 20, 500])('torn after %i bytes is shown, and its secret goes when its marker says so', async (keep) => {
    using at = setUp()
    await at.write('g_1', 'prod-db', 600_000)
    tear(at, keep)
    expect(at.leasing.unreadable()).toMatchObject([{ id: 'g_1', newer: false }])
    await at.leasing.sweep()
    expect(at.home.filesHolding(...SECRETS)).toHaveLength(1)
    expect(at.leasing.unreadable()).toHaveLength(1)
    at.clock.advance(601_000)
    expect(at.leasing.due()).toBe(true)
    expect(await at.leasing.sweep()).toMatchObject([{ lease: 'g_1', wiped: true }])
    expect(at.home.text()).toBe(ORIGINAL)
    expect(at.leasing.unreadable()).toEqual([])
    expect(readdirSync(at.stateFile('leases'))).toEqual(['g_1.unreadable'])
  })

  test('is found at the path that is left of its text, though the variables have changed since', async () => {
    using at = setUp()
    const elsewhere = join(at.home.home, 'elsewhere')
    const there = leasingIn(at.home, at.clock, nodeFileSystem, { AWS_SHARED_CREDENTIALS_FILE: elsewhere })
    await there.write(newLease(at.clock), awsDelivery('jit-prod-db'))
    const file = at.stateFile('leases', 'g_1.lease')
    writeFileSync(file, readFileSync(file).subarray(0, -20))
    at.clock.advance(7_200_000)
    await at.leasing.sweep()
    expect(at.home.filesHolding(...SECRETS)).toEqual([])
  })

  test('ends at once when the user says so', async () => {
    using at = setUp()
    await at.write('g_1', 'prod-db')
    tear(at, 20)
    expect(await at.leasing.wipe(['g_1'], 'revoked')).toMatchObject([{ lease: 'g_1', wiped: true }])
    expect(at.home.text()).toBe(ORIGINAL)
  })

  test('of a newer jit stays for it to read', async () => {
    using at = setUp()
    await at.write('g_1', 'prod-db')
    const file = at.stateFile('leases', 'g_1.lease')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"version": 1', '"version": 2'))
    at.clock.advance(7_200_000)
    await at.leasing.sweep()
    expect(at.home.filesHolding(...SECRETS)).toEqual([])
    expect(at.leasing.unreadable()).toMatchObject([{ id: 'g_1', newer: true }])
  })
})

describe('what cannot be wiped', () => {
  test('is stuck, says why, is retried ever more slowly, and goes as soon as it can', async () => {
    using at = setUp()
    await at.write('g_1', 'prod-db', 60_000)
    const broken = leasingIn(at.home, at.clock, {
      ...nodeFileSystem,
      open(path, how, mode) {
        if (path.startsWith(at.home.home) && how !== 'read')
          throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO', syscall: 'open' })
        return nodeFileSystem.open(path, how, mode)
      },
    })
    at.clock.advance(60_000)
    expect(await broken.sweep()).toMatchObject([{ lease: 'g_1', wiped: false, why: 'EIO: i/o error' }])
    expect(broken.list()).toMatchObject([{ state: 'stuck', attempts: 1, lastError: 'EIO: i/o error', ending: 'ttl' }])
    expect([broken.due(), await broken.sweep()]).toEqual([false, []])
    at.clock.advance(1000)
    expect(broken.due()).toBe(true)
    await broken.sweep()
    expect(broken.list()[0]?.retryAt).toBe(at.clock.now() + 2000)
    expect(at.home.filesHolding(...SECRETS)).toHaveLength(1)
    at.clock.advance(2000)
    expect(await at.leasing.sweep()).toMatchObject([{ lease: 'g_1', wiped: true, reason: 'ttl' }])
    expect(at.home.text()).toBe(ORIGINAL)
  })
})

describe('a system call that fails during write', () => {
  test.each(['EIO', 'ENOSPC', 'EACCES', 'EROFS', 'EMFILE'])(
    '%s leaves no secret, or a lease that is wiped by the next sweep',
    { timeout: 60_000 },
    async (code) => {
      const failures: string[] = []
      for (const forGood of [false, true])
        for (let number = 1, reached = true; reached; number++) {
          using at = setUp('memory')
          const files = faultyFiles(nodeFileSystem, { kind: 'error', at: number, code, forGood })
          const failed = await leasingIn(at.home, at.clock, files.fs)
            .write(newLease(at.clock), awsDelivery('jit-prod-db'))
            .then(
              () => undefined,
              (error: unknown) => error,
            )
          reached = files.calls.length >= number
          const fail = (what: string) => failures.push(`${code} at ${number} (${files.calls[number - 1]}): ${what}`)
          if (failed !== undefined && !(failed instanceof JitError)) fail('a bug, not a sentence')
          if (at.home.filesHolding(...SECRETS).length > at.leasing.list().length) fail('a secret without a lease')
          at.clock.advance(7_200_000)
          await at.leasing.sweep()
          if (at.home.filesHolding(...SECRETS).length > 0) fail('a secret is left')
          if (at.home.text() !== ORIGINAL || at.home.mode() !== 0o644) fail('not as it was')
        }
      expect(failures).toEqual([])
    },
  )
})

describe('the outbox', () => {
  const entry = {
    kind: 'end',
    grant: 'g_1',
    endpoint: 'https://e',
    target: 'prod-db',
    reason: 'revoked',
    at: 5,
  } as const

  test('keeps what the endpoint has not been told, oldest first, until it has', () => {
    using at = setUp()
    at.leasing.outbox.add(entry)
    at.leasing.outbox.add({ ...entry, grant: 'g_0', at: 3 })
    expect(
      leasingIn(at.home, at.clock)
        .outbox.list()
        .map(({ grant }) => grant),
    ).toEqual(['g_0', 'g_1'])
    for (const _twice of [1, 2]) at.leasing.outbox.remove({ ...entry, grant: 'g_0' })
    expect(at.leasing.outbox.list()).toEqual([entry])
  })

  test('is not stopped by a torn message', () => {
    using at = setUp()
    at.leasing.outbox.add(entry)
    writeFileSync(at.stateFile('outbox', 'g_9.json'), '{"gra')
    expect(at.leasing.outbox.list()).toEqual([entry])
  })
})

test('a state directory that cannot be used is one sentence, not a stack', async () => {
  using at = setUp()
  writeFileSync(at.home.stateDir, 'a file')
  chmodSync(at.home.stateDir, 0o600)
  await expect(at.write('g_1', 'prod-db')).rejects.toMatchObject({ name: 'JitError', code: 'WRITE_FAILED' })
})
