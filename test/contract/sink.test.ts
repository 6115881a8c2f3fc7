import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { JitError } from '../../src/base/errors.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import { filesHolding } from '../support/disk.ts'
import { SINK_SUBJECTS } from '../support/sink-subjects.ts'
import { HOUR_MS, sinkWorld, type World } from '../support/sink-world.ts'
import { TempHome } from '../support/temp-home.ts'

const isWiped = { wiped: true, reason: 'revoked' }

describe.each(Object.entries(SINK_SUBJECTS))('sink %s', (_name, subject) => {
  const openSecret = subject.make({ fs: nodeFileSystem, env: {}, home: '/', program: ['/bin/jit'] }).mode !== 'process'

  async function written(at: World): Promise<void> {
    const before = JSON.stringify(at.home())
    await at.write()
    expect(at.secretsIn().length > 0).toBe(openSecret)
    for (const path of at.secretsIn()) expect(statSync(path).mode & 0o177).toBe(0)
    expect(JSON.stringify(at.home()) !== before || subject.shared.length === 0).toBe(true)
  }

  test.each([0o600, 0o640, 0o644, 0o400])('gives the user back his home as it was, files of mode %o', async (mode) => {
    using at = sinkWorld(subject)
    at.layAll(mode)
    const before = at.home()
    await written(at)
    expect(await at.wipe('g_1')).toMatchObject([isWiped])
    expect(at.home()).toEqual(before)
    expect(at.secretsIn()).toEqual([])
    expect(existsSync(at.runtime)).toBe(false)
  })

  test('where there was no file, and no directory, there is none afterwards', async () => {
    using at = sinkWorld(subject)
    const before = at.home()
    await at.write()
    await at.wipe('g_1')
    expect(at.home()).toEqual(before)
    expect(existsSync(at.runtime)).toBe(false)
  })

  test('ends by itself when its time is up', async () => {
    using at = sinkWorld(subject)
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
      using at = sinkWorld(subject)
      at.layAll()
      const before = at.home()
      await at.write('g_1', 'one', 'A')
      await at.write('g_2', 'two', 'B')
      await at.wipe(one)
      const left = subject.secrets.flatMap((secret) => filesHolding(at.files.root, [secret]))
      expect(left.length > 0).toBe(openSecret)
      await at.wipe(two)
      expect(at.home()).toEqual(before)
      expect(at.secretsIn()).toEqual([])
    }
  })

  test('the next slice takes the place of the last one, and nothing of that is left', async () => {
    using at = sinkWorld(subject)
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

  test('an elevation anew replaces the earlier lease in one step; in private directories both live on', async () => {
    using at = sinkWorld(subject)
    at.layAll()
    const before = at.home()
    const { entries } = await at.write('g_1', 'prod-db', 'FIRST')
    await at.write('g_2', 'prod-db', 'SECOND')
    const isPrivate = entries.every(({ deliver }) => deliver === 'isolated')
    expect(at.leasing.list().map(({ id }) => id)).toEqual(isPrivate ? ['g_1', 'g_2'] : ['g_2'])
    const holds = (mark: string): boolean =>
      filesHolding(
        at.files.root,
        subject.secrets.flatMap((s) => [s + mark, mark + s]),
      ).length > 0
    expect([holds('FIRST'), holds('SECOND')]).toEqual([isPrivate && openSecret, openSecret])
    await at.wipe('g_1')
    expect([holds('FIRST'), holds('SECOND')]).toEqual([false, openSecret])
    await at.wipe('g_2')
    expect(at.home()).toEqual(before)
  })

  test('wiping twice, or before anything was written, is no error', async () => {
    using at = sinkWorld(subject)
    at.layAll()
    const before = at.home()
    expect(await at.wipe('g_1')).toEqual([])
    await at.write()
    await at.wipe('g_1')
    expect(await at.wipe('g_1')).toEqual([])
    expect(at.home()).toEqual(before)
  })

  test('a lost journal does not save it: what is over by its own mark goes, what is not stays', async () => {
    using at = sinkWorld(subject)
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
    using at = sinkWorld(subject)
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
    using at = sinkWorld(subject)
    at.layAll()
    const guides = at.leasing.guide(await at.write())
    expect(guides.flatMap(({ usage }) => usage).length).toBeGreaterThan(0)
    for (const secret of subject.secrets) expect(JSON.stringify(guides)).not.toContain(secret)
  })

  test('a failure in the middle leaves nothing behind', async () => {
    for (let nth = 1; ; nth++) {
      using at = sinkWorld(subject)
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
      using at = sinkWorld(subject)
      at.layAll()
      at.lay(subject.taken?.('jit-prod-db') ?? {})
      const before = at.home()
      await expect(at.check()).rejects.toMatchObject({ code: 'PROFILE_TAKEN' })
      await expect(at.write()).rejects.toMatchObject({ code: 'PROFILE_TAKEN' })
      expect(at.home()).toEqual(before)
      expect(at.leasing.list()).toEqual([])
    },
  )

  test.skipIf(subject.variable === undefined)("honours the vendor's own variable", async () => {
    const elsewhere = new TempHome()
    using at = sinkWorld(subject, { [subject.variable ?? '']: join(elsewhere.home, 'new', 'file') })
    const lease = await at.write()
    expect(lease.places.map(({ path }) => path)).toContain(join(elsewhere.home, 'new', 'file'))
    await at.wipe('g_1')
    expect(elsewhere.names()).toEqual([])
    elsewhere[Symbol.dispose]()
  })
})
