import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Lease } from '../../src/client/leases/types.ts'
import { JitError } from '../../src/base/errors.ts'
import type { Sink } from '../../src/client/sinks/types.ts'
import { canSetAttributes, setAttribute } from '../support/attributes.ts'
import { newLease, SECRETS } from '../support/aws-lease.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { SINKS } from '../support/sink-subjects.ts'
import { TempHome } from '../support/temp-home.ts'

const lease = (clock: FakeClock, id = 'g_1', target = 'prod-db'): Lease => ({
  ...newLease(clock, id, target),
  version: 1,
  state: 'writing',
  writtenAt: clock.now(),
  writtenAtBootSeconds: clock.bootSeconds(),
  places: [],
  attempts: 0,
})

describe.each(Object.entries(SINKS))('sink %s', (_name, subject) => {
  const setUp = (env?: Readonly<Record<string, string>>) => {
    const home = new TempHome()
    const clock = new FakeClock(Date.now() + 60_000)
    return { home, clock, sink: subject.make(home, clock, env), [Symbol.dispose]: () => home[Symbol.dispose]() }
  }
  async function deliver(sink: Sink, of: Lease, mark?: string) {
    const delivery = subject.delivery(of.profile, of.id, mark)
    const place = { ...sink.plan(of), secretHashes: sink.secretHashes(delivery) }
    await sink.write(of, place, delivery)
    expect(await sink.confirm(of, place, Date.now())).toBe(true)
    return place
  }

  describe('gives the user back his bytes and his mode', () => {
    test.each(Object.entries(subject.originals))('%s', async (_original, bytes) => {
      using at = setUp()
      at.home.put(bytes, 0o644)
      const place = await deliver(at.sink, lease(at.clock))
      expect(at.home.filesHolding(...SECRETS)).toEqual([at.home.credentials])
      expect(at.home.mode()).toBe(0o600)
      await at.sink.wipe(lease(at.clock), place)
      expect(at.home.text()).toBe(Buffer.from(bytes).toString('latin1'))
      expect(at.home.mode()).toBe(0o644)
      expect(at.home.names()).toEqual(['.aws', '.aws/credentials'])
    })

    test('any text and mode, two leases ended in either order', { timeout: 30_000 }, async () => {
      const line = fc.constantFrom('# c', '', ' ', '; é', '[b]', '  k1 = v')
      const body = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 6 })
      const mode = fc.constantFrom(0o600, 0o640, 0o644, 0o400, 0o660)
      await fc.assert(
        fc.asyncProperty(body, fc.constantFrom('', '# end'), mode, fc.boolean(), async (lines, last, mode, swap) => {
          using at = setUp()
          const once = lines.filter(([text], index) => index === lines.findIndex(([other]) => other === text))
          const bytes = `[default]\n${once.flat().join('')}${last}`
          at.home.put(bytes)
          chmodSync(at.home.credentials, mode)
          const one = lease(at.clock, 'g_1', 'one')
          const two = lease(at.clock, 'g_2', 'two')
          const first = await deliver(at.sink, one)
          const second = { ...(await deliver(at.sink, two, 'X')), mode }
          for (const [of, place] of swap
            ? ([
                [two, second],
                [one, first],
              ] as const)
            : ([
                [one, first],
                [two, second],
              ] as const))
            await at.sink.wipe(of, place)
          expect([at.home.text(), at.home.mode()]).toEqual([Buffer.from(bytes).toString('latin1'), mode])
        }),
        { numRuns: 100 },
      )
    })
  })

  test('where there was no file, and no directory, there is none afterwards', async () => {
    using at = setUp()
    const place = await deliver(at.sink, lease(at.clock))
    expect(at.home.mode()).toBe(0o600)
    expect(at.home.mode(join(at.home.home, '.aws'))).toBe(0o700)
    await at.sink.wipe(lease(at.clock), place)
    expect(at.home.names()).toEqual([])
  })

  test('keeps what others wrote into the file it had made', async () => {
    using at = setUp()
    const place = await deliver(at.sink, lease(at.clock))
    writeFileSync(at.home.credentials, `${at.home.text()}[mine]\nk = v\n`)
    await at.sink.wipe(lease(at.clock), place)
    expect(at.home.text()).toBe('[mine]\nk = v\n')
  })

  test('wiping twice, or before anything was written, is no error', async () => {
    using at = setUp()
    at.home.put('[default]\n')
    const place = at.sink.plan(lease(at.clock))
    await at.sink.wipe(lease(at.clock), place)
    await deliver(at.sink, lease(at.clock))
    await at.sink.wipe(lease(at.clock), place)
    await at.sink.wipe(lease(at.clock), place)
    expect(at.home.text()).toBe('[default]\n')
  })

  test('writes and wipes through a symbolic link, which stays one', async () => {
    using at = setUp()
    const real = join(at.home.root, 'dotfiles')
    at.home.put('[default]\n', 0o640, real)
    mkdirSync(join(at.home.home, '.aws'))
    symlinkSync('../../dotfiles', at.home.credentials)
    const place = await deliver(at.sink, lease(at.clock))
    expect(place.path).toBe(real)
    expect(at.home.filesHolding(...SECRETS)).toEqual([real])
    await at.sink.wipe(lease(at.clock), place)
    expect(readlinkSync(at.home.credentials)).toBe('../../dotfiles')
    expect([at.home.text(real), at.home.mode(real)]).toEqual(['[default]\n', 0o640])
  })

  test('makes the file that a dangling link means, and takes it away again', async () => {
    using at = setUp()
    mkdirSync(join(at.home.home, '.aws'))
    symlinkSync(join(at.home.root, 'later', 'dotfiles'), at.home.credentials)
    const place = await deliver(at.sink, lease(at.clock))
    expect(at.home.filesHolding(...SECRETS)).toEqual([join(at.home.root, 'later', 'dotfiles')])
    await at.sink.wipe(lease(at.clock), place)
    expect(lstatSync(at.home.credentials).isSymbolicLink()).toBe(true)
    expect(() => statSync(join(at.home.root, 'later'))).toThrow('ENOENT')
  })

  test('keeps a hard link one file with its twin', async () => {
    using at = setUp()
    at.home.put('[default]\nk = v', 0o644)
    const twin = join(at.home.root, 'twin')
    linkSync(at.home.credentials, twin)
    const place = await deliver(at.sink, lease(at.clock))
    writeFileSync(twin, `${at.home.text()}[mine]\n`) // behind our block, so the wipe has to move it
    expect(statSync(twin).ino).toBe(statSync(at.home.credentials).ino)
    await at.sink.wipe(lease(at.clock), place)
    expect(statSync(twin).ino).toBe(statSync(at.home.credentials).ino)
    expect([at.home.text(twin), at.home.mode(twin)]).toEqual(['[default]\nk = v\n[mine]\n', 0o644])
  })

  test('replaces the block of an earlier lease with the same profile in one step', async () => {
    using at = setUp()
    at.home.put('[default]\n')
    await deliver(at.sink, lease(at.clock, 'g_1'))
    const second = await deliver(at.sink, lease(at.clock, 'g_2'), 'NEW')
    expect(at.home.text()?.split(SECRETS[1] ?? '').length).toBe(2)
    await at.sink.wipe(lease(at.clock, 'g_2'), { ...second, existed: true })
    expect(at.home.text()).toBe('[default]\n')
  })

  test('finds its keys after a tool has written the file anew without our markers', async () => {
    using at = setUp()
    at.home.put('[default]\nk = v\n')
    const place = await deliver(at.sink, lease(at.clock))
    const unmarked = `${at.home.text()?.replaceAll(/^#.*\n/gm, '')}output = json\n# ${SECRETS[1]}\n`
    writeFileSync(at.home.credentials, unmarked)
    await at.sink.wipe(lease(at.clock), place)
    expect(at.home.text()).toBe('[default]\nk = v\n[jit-prod-db]\nregion = eu-west-1\noutput = json\n')
  })

  describe('refuses, and changes nothing:', () => {
    /** The code of the refusal, or what was changed in spite of it. */
    const refusal = (at: ReturnType<typeof setUp>): unknown => {
      const look = () => JSON.stringify([at.home.filesHolding('').map((file) => at.home.text(file)), at.home.names()])
      const before = look()
      try {
        at.sink.plan(lease(at.clock))
        return 'accepted'
      } catch (error) {
        return look() === before && error instanceof JitError ? error.code : error
      }
    }

    test.each(Object.entries(subject.unreadable))('%s', (_why, bytes) => {
      using at = setUp()
      at.home.put(bytes)
      expect(refusal(at)).toBe('FILE_UNREADABLE')
    })

    test('a profile that the user has already', () => {
      using at = setUp()
      at.home.put(subject.taken('jit-prod-db'))
      expect(refusal(at)).toBe('PROFILE_TAKEN')
    })

    test('a directory in place of the file', () => {
      using at = setUp()
      mkdirSync(at.home.credentials, { recursive: true })
      expect(refusal(at)).toBe('FILE_REFUSED')
    })

    test('links that go round in a circle', () => {
      using at = setUp()
      mkdirSync(join(at.home.home, '.aws'))
      symlinkSync('credentials', at.home.credentials)
      expect(refusal(at)).toBe('FILE_REFUSED')
    })

    test('a directory in which everybody may replace files', () => {
      using at = setUp()
      at.home.put('[default]\n')
      chmodSync(join(at.home.home, '.aws'), 0o777)
      expect(refusal(at)).toBe('FILE_REFUSED')
    })

    test.skipIf(process.getuid?.() !== 0)('a file of another user', () => {
      using at = setUp()
      at.home.put('[default]\n')
      chownSync(at.home.credentials, 12345, 12345)
      expect(refusal(at)).toBe('FILE_REFUSED')
    })

    test('a file too large to be one', () => {
      using at = setUp()
      at.home.put(`[a]\n${'#\n'.repeat(5_000_000)}`)
      expect(refusal(at)).toBe('FILE_REFUSED')
    })

    test.skipIf(!canSetAttributes()).each(['+a', '+i'])(
      'chattr %s, which could be written but never wiped',
      (attribute) => {
        using at = setUp()
        at.home.put('[default]\n')
        setAttribute(attribute, at.home.credentials)
        try {
          expect(refusal(at)).toBe('FILE_REFUSED')
        } finally {
          setAttribute('-ai', at.home.credentials)
        }
      },
    )

    test.skipIf(!canSetAttributes())('a directory that never gives a file back, before a secret is in it', async () => {
      using at = setUp()
      at.home.put('[default]\n')
      const directory = join(at.home.home, '.aws')
      setAttribute('+a', directory)
      try {
        await expect(deliver(at.sink, lease(at.clock))).rejects.toMatchObject({ code: 'FILE_REFUSED' })
        expect(at.home.filesHolding(...SECRETS)).toEqual([])
      } finally {
        setAttribute('-a', directory)
      }
    })

    test.each(['a\nb', 'a]', 'a b', ''])('a value that is no single word: %j', async (value) => {
      using at = setUp()
      at.home.put('[default]\n')
      const delivery = subject.delivery('jit-prod-db', 'g_1')
      const bad = { ...delivery, credential: { ...delivery.credential, sessionToken: value } }
      const place = at.sink.plan(lease(at.clock))
      await expect(at.sink.write(lease(at.clock), place, bad)).rejects.toMatchObject({ code: 'ENDPOINT_INVALID' })
      expect(at.home.text()).toBe('[default]\n')
    })
  })

  test("honours the vendor's own variable, with ~ in it", async () => {
    using at = setUp({ [subject.fileVariable]: '~/elsewhere' })
    const place = await deliver(at.sink, lease(at.clock))
    expect(place.path).toBe(join(at.home.home, 'elsewhere'))
  })

  test('takes away orphans that are over by their own marker, and counts those that are not', async () => {
    using at = setUp()
    at.home.put('[default]\n')
    await deliver(at.sink, { ...lease(at.clock, 'g_1', 'one'), endsAt: at.clock.now() + 1000 })
    await deliver(at.sink, lease(at.clock, 'g_2', 'two'), 'X')
    at.clock.advance(5000)
    const search = { known: new Set<string>(), torn: new Set<string>(), ended: new Set<string>() }
    const [path = ''] = at.sink.paths()
    expect(await at.sink.wipeOrphans(path, search)).toEqual({ wiped: ['g_1'], alive: ['g_2'] })
    expect(await at.sink.wipeOrphans(path, { ...search, ended: new Set(['g_2']) })).toEqual({
      wiped: ['g_2'],
      alive: [],
    })
    expect(at.home.text()).toBe('[default]\n')
  })
})
