import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { JitError } from '../../src/base/errors.ts'
import { createLeasing, type Leasing } from '../../src/client/leasing.ts'
import { type FileSystem, nodeFileSystem } from '../../src/platform/files.ts'
import { canSetAttributes, setAttribute } from '../support/attributes.ts'
import { newLease } from '../support/aws-lease.ts'
import { disk, filesHolding } from '../support/disk.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { leasingDeps } from '../support/leasing-deps.ts'
import { SINK_SUBJECTS, type SinkSubject } from '../support/sink-subjects.ts'
import { TempHome } from '../support/temp-home.ts'

const HOUR_MS = 3_600_000

/** A home as the subject's user has it, with jit on it. */
function setUp(subject: SinkSubject, env: Readonly<Record<string, string>> = {}) {
  const files = new TempHome()
  const clock = new FakeClock(Date.now() + 60_000)
  const { home, stateDir } = files
  const place = {
    home,
    stateDir,
    clock,
    env,
    sinks: (deps: Parameters<SinkSubject['make']>[0]) => [subject.make(deps)],
  }
  const deps = leasingDeps(place)
  const leasing = createLeasing(deps)
  const { mode } = deps.sinks[0] ?? { mode: 'files' as const }
  const at = (path: string): string => join(home, path)
  const lay = (given: Readonly<Record<string, string | Buffer>>, permissions = 0o644): void => {
    for (const [path, bytes] of Object.entries(given)) files.put(bytes, permissions, at(path))
  }
  const delivery = (profile = 'jit-prod-db', mark = '') => [subject.delivery(profile, mark)]
  return {
    files,
    clock,
    leasing,
    mode,
    at,
    lay,
    layAll: (permissions?: number) => {
      lay(subject.home)
      for (const { path, original } of subject.shared) lay({ [path]: original }, permissions)
    },
    write: (id = 'g_1', target = 'prod-db', mark = '', ttlMs = HOUR_MS, by: Leasing = leasing) =>
      by.write({ ...newLease(clock, id, target, ttlMs), deliver: mode }, delivery(`jit-${target}`, mark)),
    renew: (id: string, target: string, mark: string) => leasing.renew(id, delivery(`jit-${target}`, mark)),
    check: () =>
      leasing.check(
        delivery().map(({ cloud, profile }) => ({
          cloud,
          profile,
          target: 'prod-db',
          asDefault: false,
          deliver: mode,
        })),
      ),
    wipe: (...ids: readonly string[]) => leasing.wipe(ids, 'revoked'),
    /** jit on the same home with other files under it. */
    over: (fs: FileSystem) => createLeasing({ ...leasingDeps({ ...place, fs }), keyStore: deps.keyStore }),
    keyStore: deps.keyStore,
    home: () => disk(home),
    secretsIn: (root = files.root) => filesHolding(root, subject.secrets),
    runtime: deps.runtime,
    [Symbol.dispose]: () => files[Symbol.dispose](),
  }
}
type World = ReturnType<typeof setUp>

const isWiped = { wiped: true, reason: 'revoked' }

describe.each(Object.entries(SINK_SUBJECTS))('sink %s', (_name, subject) => {
  const openSecret = subject.make({ fs: nodeFileSystem, env: {}, home: '/', program: ['/bin/jit'] }).mode !== 'process'

  async function written(at: World): Promise<void> {
    const before = JSON.stringify(at.home())
    await at.write()
    expect(at.secretsIn().length > 0).toBe(openSecret)
    for (const path of at.secretsIn()) expect(statSync(path).mode & 0o177).toBe(0)
    if (subject.shared.length > 0) expect(JSON.stringify(at.home())).not.toBe(before)
  }

  test.each([0o600, 0o640, 0o644, 0o400])('gives the user back his home as it was, files of mode %o', async (mode) => {
    using at = setUp(subject)
    at.layAll(mode)
    const before = at.home()
    await written(at)
    expect(await at.wipe('g_1')).toMatchObject([isWiped])
    expect(at.home()).toEqual(before)
    expect(at.secretsIn()).toEqual([])
    expect(existsSync(at.runtime)).toBe(false)
  })

  test('where there was no file, and no directory, there is none afterwards', async () => {
    using at = setUp(subject)
    const before = at.home()
    await at.write()
    await at.wipe('g_1')
    expect(at.home()).toEqual(before)
    expect(existsSync(at.runtime)).toBe(false)
  })

  test('ends by itself when its time is up', async () => {
    using at = setUp(subject)
    at.layAll()
    const before = at.home()
    await at.write('g_1', 'prod-db', '', 60_000)
    at.clock.advance(61_000)
    expect(await at.leasing.sweep()).toMatchObject([{ lease: 'g_1', wiped: true, reason: 'ttl' }])
    expect(at.home()).toEqual(before)
    expect([at.leasing.list(), at.secretsIn()]).toEqual([[], []])
  })

  test('two leases end in either order, the other one stays whole', async () => {
    for (const [one, two] of [
      ['g_1', 'g_2'],
      ['g_2', 'g_1'],
    ] as const) {
      using at = setUp(subject)
      at.layAll()
      const before = at.home()
      await at.write('g_1', 'one', 'A')
      const alone = at.home()
      await at.write('g_2', 'two', 'B')
      if (one === 'g_2' && subject.shared.length === 0) {
        await at.wipe('g_2')
        expect(Object.keys(at.home())).toEqual(Object.keys(alone))
      } else await at.wipe(one)
      const left = subject.secrets.flatMap((secret) => filesHolding(at.files.root, [secret]))
      expect(left.length > 0).toBe(openSecret)
      await at.wipe(two)
      expect(at.home()).toEqual(before)
      expect(at.secretsIn()).toEqual([])
    }
  })

  test('the next slice takes the place of the last one, and nothing of that is left', async () => {
    using at = setUp(subject)
    at.layAll()
    const before = at.home()
    const lease = await at.write('g_1', 'prod-db', 'FIRST')
    const renewed = await at.renew('g_1', 'prod-db', 'SECOND')
    expect(renewed.endsAt).toBe(lease.endsAt)
    expect(renewed.places.map(({ path }) => path)).toEqual(lease.places.map(({ path }) => path))
    const marked = (mark: string) =>
      filesHolding(
        at.files.root,
        subject.secrets.flatMap((s) => [s + mark, mark + s]),
      )
    expect([marked('FIRST').length, marked('SECOND').length > 0]).toEqual([0, openSecret])
    await at.wipe('g_1')
    expect(at.home()).toEqual(before)
    expect(at.secretsIn()).toEqual([])
  })

  test('an elevation anew replaces the earlier lease in one step', async () => {
    using at = setUp(subject)
    at.layAll()
    const before = at.home()
    await at.write('g_1', 'prod-db', 'FIRST')
    await at.write('g_2', 'prod-db', 'SECOND')
    expect(at.leasing.list().map(({ id }) => id)).toEqual(['g_2'])
    const marked = (mark: string) =>
      filesHolding(
        at.files.root,
        subject.secrets.flatMap((s) => [s + mark, mark + s]),
      )
    expect([marked('FIRST').length, marked('SECOND').length > 0]).toEqual([0, openSecret])
    await at.wipe('g_2')
    expect(at.home()).toEqual(before)
  })

  test('wiping twice, or before anything was written, is no error', async () => {
    using at = setUp(subject)
    at.layAll()
    const before = at.home()
    expect(await at.wipe('g_1')).toEqual([])
    await at.write()
    await at.wipe('g_1')
    expect(await at.wipe('g_1')).toEqual([])
    expect(at.home()).toEqual(before)
  })

  test('a lost journal does not save it: what is over by its own mark goes, what is not stays', async () => {
    using at = setUp(subject)
    at.layAll()
    const before = at.home()
    await at.write('g_1', 'one', 'A', 60_000)
    await at.write('g_2', 'two', 'B')
    rmSync(join(at.files.stateDir, 'm1', 'leases'), { recursive: true })
    at.clock.advance(61_000)
    expect(await at.leasing.sweep()).toMatchObject([{ lease: 'g_1', wiped: true }])
    expect(at.secretsIn().length > 0).toBe(openSecret)
    at.clock.advance(HOUR_MS)
    expect(await at.leasing.sweep()).toMatchObject([{ lease: 'g_2', wiped: true }])
    expect(at.secretsIn()).toEqual([])
    for (const { path } of subject.shared)
      expect(at.home()[path]?.split(' ').at(-1)).toBe(before[path]?.split(' ').at(-1))
  })

  test('a torn journal entry does not save it either', async () => {
    using at = setUp(subject)
    at.layAll()
    await at.write('g_1', 'one', 'A')
    const entry = join(at.files.stateDir, 'm1', 'leases', 'g_1.lease')
    writeFileSync(entry, readFileSync(entry).subarray(0, -20))
    expect(at.leasing.unreadable()).toMatchObject([{ id: 'g_1' }])
    expect(await at.wipe('g_1')).toMatchObject([{ lease: 'g_1', wiped: true }])
    expect(at.secretsIn()).toEqual([])
    for (const { path, original } of subject.shared) expect(readFileSync(at.at(path), 'latin1')).toBe(original)
  })

  test('tells how it is used, without a secret in it', async () => {
    using at = setUp(subject)
    at.layAll()
    const guides = at.leasing.guide(await at.write())
    expect(guides.flatMap(({ usage }) => usage).length).toBeGreaterThan(0)
    for (const secret of subject.secrets) expect(JSON.stringify(guides)).not.toContain(secret)
  })

  test('a failure in the middle leaves nothing behind', async () => {
    for (let nth = 1; ; nth++) {
      using at = setUp(subject)
      at.layAll()
      const before = at.home()
      let renames = 0
      const failing = at.over({
        ...nodeFileSystem,
        rename: (from, to) => {
          if (!to.includes('/leases/') && !to.includes(`${at.files.stateDir}/m1/`) && ++renames === nth)
            throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'rename' })
          nodeFileSystem.rename(from, to)
        },
      })
      const failed = await at.write('g_1', 'prod-db', '', HOUR_MS, failing).then(
        () => false,
        (error: unknown) => error instanceof JitError,
      )
      if (!failed) return
      expect([at.home(), at.secretsIn(), at.leasing.list()]).toEqual([before, [], []])
    }
  })

  test.skipIf(subject.taken === undefined)(
    'refuses a name that the user has already, and changes nothing',
    async () => {
      using at = setUp(subject)
      at.layAll()
      at.lay(subject.taken?.('jit-prod-db') ?? {})
      const before = at.home()
      await expect(at.check()).rejects.toMatchObject({ code: 'PROFILE_TAKEN' })
      await expect(at.write()).rejects.toMatchObject({ code: 'PROFILE_TAKEN' })
      expect(at.home()).toEqual(before)
      expect(at.leasing.list()).toEqual([])
    },
  )

  describe.each(subject.shared.map((each) => [each.path, each] as const))(
    'in %s',
    (path, { original, edit, format }) => {
      test.each(Object.entries(format.originals))('with %s', async (_original, bytes) => {
        using at = setUp(subject)
        at.layAll()
        at.lay({ [path]: bytes })
        const before = at.home()
        await at.write()
        await at.wipe('g_1')
        expect(at.home()).toEqual(before)
      })

      test('keeps what others wrote into it meanwhile', async () => {
        using at = setUp(subject)
        at.layAll()
        await at.write()
        const theirs = edit(readFileSync(at.at(path)))
        writeFileSync(`${at.at(path)}.new`, theirs, { mode: 0o600 })
        renameSync(`${at.at(path)}.new`, at.at(path))
        await at.wipe('g_1')
        expect(readFileSync(at.at(path), 'latin1')).toBe(edit(Buffer.from(original)).toString('latin1'))
      })

      test('keeps what others wrote into the file it had made', async () => {
        using at = setUp(subject)
        await at.write()
        writeFileSync(at.at(path), edit(readFileSync(at.at(path))))
        await at.wipe('g_1')
        expect(readFileSync(at.at(path), 'latin1')).toBe(edit(Buffer.alloc(0)).toString('latin1'))
      })

      test('writes and wipes through a symbolic link, which stays one', async () => {
        using at = setUp(subject)
        at.layAll()
        const real = join(at.files.root, 'dotfiles')
        renameSync(at.at(path), real)
        symlinkSync(real, at.at(path))
        const before = [at.home(), readFileSync(real, 'latin1'), statSync(real).mode]
        await at.write()
        expect(readFileSync(real, 'latin1')).not.toBe(original)
        expect(lstatSync(at.at(path)).isSymbolicLink()).toBe(true)
        await at.wipe('g_1')
        expect([at.home(), readFileSync(real, 'latin1'), statSync(real).mode]).toEqual(before)
      })

      test('makes the file that a dangling link means, and takes it away again', async () => {
        using at = setUp(subject)
        at.layAll()
        rmSync(at.at(path))
        symlinkSync(join(at.files.root, 'later', 'dotfiles'), at.at(path))
        await at.write()
        expect(existsSync(join(at.files.root, 'later', 'dotfiles'))).toBe(true)
        await at.wipe('g_1')
        expect(lstatSync(at.at(path)).isSymbolicLink()).toBe(true)
        expect(existsSync(join(at.files.root, 'later'))).toBe(false)
      })

      test('keeps a hard link one file with its twin', async () => {
        using at = setUp(subject)
        at.layAll()
        const twin = join(at.files.root, 'twin')
        linkSync(at.at(path), twin)
        await at.write()
        writeFileSync(twin, edit(readFileSync(twin)))
        expect(statSync(twin).ino).toBe(statSync(at.at(path)).ino)
        await at.wipe('g_1')
        expect(statSync(twin).ino).toBe(statSync(at.at(path)).ino)
        expect(readFileSync(twin, 'latin1')).toBe(edit(Buffer.from(original)).toString('latin1'))
        expect(statSync(twin).mode & 0o7777).toBe(0o644)
      })

      test(`${format.format.secret ? 'narrows' : 'keeps'} its mode while an entry is in it`, async () => {
        using at = setUp(subject)
        at.layAll(0o644)
        await at.write()
        expect(statSync(at.at(path)).mode & 0o7777).toBe(format.format.secret ? 0o600 : 0o644)
      })

      describe('refuses, and changes nothing:', () => {
        const refusal = async (at: World): Promise<unknown> => {
          const before = JSON.stringify(disk(at.files.root))
          const error: unknown = await at.check().then(
            () => 'accepted',
            (thrown: unknown) => thrown,
          )
          if (JSON.stringify(disk(at.files.root)) !== before) return 'changed something'
          return error instanceof JitError ? error.code : error
        }

        test.each(Object.entries(format.unreadable))('%s', async (_why, bytes) => {
          using at = setUp(subject)
          at.layAll()
          at.lay({ [path]: bytes })
          expect(await refusal(at)).toBe('FILE_UNREADABLE')
        })

        test('a name that the user has in it', async () => {
          using at = setUp(subject)
          at.layAll()
          at.lay({ [path]: format.taken('jit-prod-db') })
          expect(await refusal(at)).toBe('PROFILE_TAKEN')
        })

        test('a directory in its place', async () => {
          using at = setUp(subject)
          mkdirSync(at.at(path), { recursive: true })
          expect(await refusal(at)).toBe('FILE_REFUSED')
        })

        test('links that go round in a circle', async () => {
          using at = setUp(subject)
          mkdirSync(dirname(at.at(path)), { recursive: true })
          symlinkSync(at.at(path), at.at(path))
          expect(await refusal(at)).toBe('FILE_REFUSED')
        })

        test('a directory in which everybody may replace files', async () => {
          using at = setUp(subject)
          at.layAll()
          chmodSync(dirname(at.at(path)), 0o777)
          expect(await refusal(at)).toBe('FILE_REFUSED')
        })

        test.skipIf(process.getuid?.() !== 0)('a file of another user', async () => {
          using at = setUp(subject)
          at.layAll()
          chownSync(at.at(path), 12345, 12345)
          expect(await refusal(at)).toBe('FILE_REFUSED')
        })

        test('a file too large to be one', async () => {
          using at = setUp(subject)
          at.lay({ [path]: `[a]\n${'#\n'.repeat(5_000_000)}` })
          expect(await refusal(at)).toBe('FILE_REFUSED')
        })

        test.skipIf(!canSetAttributes()).each(['+a', '+i'])(
          'chattr %s, which could never be wiped',
          async (attribute) => {
            using at = setUp(subject)
            at.layAll()
            setAttribute(attribute, at.at(path))
            try {
              expect(await refusal(at)).toBe('FILE_REFUSED')
            } finally {
              setAttribute('-ai', at.at(path))
            }
          },
        )

        test.skipIf(!canSetAttributes())(
          'a directory that never gives a file back, before a secret is in it',
          async () => {
            using at = setUp(subject)
            at.layAll()
            setAttribute('+a', dirname(at.at(path)))
            try {
              await expect(at.write()).rejects.toMatchObject({ code: 'FILE_REFUSED' })
              expect(at.secretsIn(at.files.home)).toEqual([])
            } finally {
              setAttribute('-a', dirname(at.at(path)))
            }
          },
        )
      })
    },
  )

  test.skipIf(subject.variable === undefined)("honours the vendor's own variable", async () => {
    const elsewhere = new TempHome()
    using at = setUp(subject, { [subject.variable ?? '']: join(elsewhere.home, 'new', 'file') })
    const lease = await at.write()
    expect(lease.places.map(({ path }) => path)).toContain(join(elsewhere.home, 'new', 'file'))
    await at.wipe('g_1')
    expect(elsewhere.names()).toEqual([])
    elsewhere[Symbol.dispose]()
  })
})
