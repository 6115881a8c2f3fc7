// Found by `npm run faults`.
import { appendFileSync, linkSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Leasing } from '../../../../src/client/leasing.ts'
import { type FileSystem, nodeFileSystem } from '../../../../src/platform/files.ts'
import { awsDelivery, leasingIn, newLease, SECRETS } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { type Fault, faultyFiles } from '../../../support/faulty-files.ts'
import { TempHome } from '../../../support/temp-home.ts'

const ORIGINAL = '[default]\nregion = a\n'
const BEHIND = '[later]\nk = v\n'

function setUp(mode = 0o600) {
  const home = new TempHome('memory')
  home.put(ORIGINAL, mode)
  const clock = new FakeClock(Date.now() + 60_000)
  return {
    home,
    clock,
    leasing: leasingIn(home, clock),
    hardLink: () => linkSync(home.credentials, join(home.root, 'twin')),
    [Symbol.dispose]: () => home[Symbol.dispose](),
  }
}

const write = (leasing: Leasing, clock: FakeClock, id: string, target: string, mark = '') =>
  leasing.write(newLease(clock, id, target), awsDelivery(`jit-${target}`, mark))

/** A kill before and inside each write, and before each cut, that a run of `act` makes; each in a home of its own. Returns how many. */
async function atEveryCrash(
  prepare: (at: ReturnType<typeof setUp>) => Promise<unknown>,
  act: (leasing: Leasing, clock: FakeClock) => Promise<unknown>,
  verify: (at: ReturnType<typeof setUp>) => Promise<void>,
): Promise<number> {
  const calls = await suffer()
  const crashes = calls.flatMap((call, index) => (['write', 'ftruncate'].includes(call) ? [index + 1] : []))
  for (const at of crashes) for (const kind of ['before', 'torn'] as const) await suffer({ kind, at })
  return crashes.length

  async function suffer(fault?: Fault): Promise<readonly string[]> {
    using at = setUp()
    await prepare(at)
    const files = faultyFiles(nodeFileSystem, fault)
    await act(leasingIn(at.home, at.clock, files.fs), at.clock).catch(() => undefined)
    at.clock.advance(7_200_000)
    await verify(at)
    return files.calls
  }
}

test('a change in place that a kill cut in two is finished before another lease of that file is ended', async () => {
  const crashes = await atEveryCrash(
    async ({ hardLink, leasing, clock, home }) => {
      hardLink()
      await write(leasing, clock, 'g_1', 'one')
      await write(leasing, clock, 'g_2', 'two', 'Longer')
      appendFileSync(home.credentials, BEHIND)
    },
    (leasing) => leasing.wipe(['g_2'], 'revoked'), // the sweep then ends g_1 first
    async ({ leasing, home }) => {
      await leasing.sweep()
      expect([home.text(), home.filesHolding(...SECRETS)]).toEqual([ORIGINAL + BEHIND, []])
    },
  )
  expect(crashes).toBeGreaterThan(5)
})

test('an edit of the user after a change in place was cut off is not undone, though the length is the same', async () => {
  const edited = BEHIND.replace('= v', '= w')
  const crashes = await atEveryCrash(
    async ({ hardLink, leasing, clock, home }) => {
      hardLink()
      await write(leasing, clock, 'g_1', 'one')
      appendFileSync(home.credentials, BEHIND)
    },
    (leasing) => leasing.wipe(['g_1'], 'revoked'),
    async ({ leasing, home }) => {
      const before = home.text() ?? ''
      const unmoved = before.startsWith(`${ORIGINAL}# >>> jit g_1`) && before.endsWith(`# <<< jit g_1 <<<\n${BEHIND}`)
      if (unmoved) writeFileSync(home.credentials, before.replace(BEHIND, edited), { flag: 'r+' })
      await leasing.sweep()
      expect(home.filesHolding(...SECRETS)).toEqual([])
      expect(unmoved ? home.text() : ORIGINAL + edited).toBe(ORIGINAL + edited)
    },
  )
  expect(crashes).toBeGreaterThan(5)
})

/** The calls made by `act`, in order, with what they were made on. */
function recording(): { readonly fs: FileSystem; readonly calls: string[] } {
  const calls: string[] = []
  const real = nodeFileSystem
  const fs: FileSystem = {
    ...real,
    write: (...args) => (calls.push(`write ${args[0]}`), real.write(...args)),
    fsync: (fd) => (calls.push(`fsync ${fd}`), real.fsync(fd)),
    ftruncate: (fd, length) => (calls.push(`ftruncate ${fd}`), real.ftruncate(fd, length)),
    fchmod: (fd, mode) => (calls.push(`fchmod ${fd} ${mode.toString(8)}`), real.fchmod(fd, mode)),
    close: (fd) => (calls.push(`close ${fd}`), real.close(fd)),
  }
  return { fs, calls }
}

test('bytes that move are on disk before the file is cut: a power loss could keep the cut and forget the bytes', async () => {
  using at = setUp()
  at.hardLink()
  await write(at.leasing, at.clock, 'g_1', 'one')
  appendFileSync(at.home.credentials, BEHIND)
  const { fs, calls } = recording()
  await leasingIn(at.home, at.clock, fs).wipe(['g_1'], 'revoked')
  const cut = calls.findIndex((call) => call.startsWith('ftruncate'))
  expect(cut).toBeGreaterThan(0)
  expect(calls[cut - 1]).toBe(calls[cut]?.replace('ftruncate', 'fsync'))
})

test('the mode given back is on disk before the entry that knows it is gone', async () => {
  using at = setUp(0o644)
  await write(at.leasing, at.clock, 'g_1', 'one')
  const { fs, calls } = recording()
  await leasingIn(at.home, at.clock, fs).wipe(['g_1'], 'revoked')
  const given = calls.findLastIndex((call) => /^fchmod \d+ 644$/.test(call))
  expect(calls[given + 1]).toBe(calls[given]?.replace(/fchmod (\d+) 644/, 'fsync $1'))
})

test('a read-only file stays read-only for its owner when a foreign write to the displaced file is brought back', async () => {
  using at = setUp(0o400)
  await write(at.leasing, at.clock, 'g_1', 'one')
  const fd = openSync(at.home.credentials, 'r+')
  const edited = ORIGINAL.replace('= a', '= b')
  const clock = new FakeClock(at.clock.now())
  let hit = false
  clock.sleep = (ms) => {
    if (!hit && at.home.text()?.includes('[jit-two]') === true) {
      hit = true
      writeSync(fd, edited, 0)
    }
    clock.advance(ms)
    return Promise.resolve()
  }
  await write(leasingIn(at.home, clock), clock, 'g_2', 'two', 'Longer')
  expect([hit, at.home.mode()]).toEqual([true, 0o400])
  await at.leasing.wipe(['g_1', 'g_2'], 'revoked')
  expect([at.home.text(), at.home.mode()]).toEqual([edited, 0o400])
})

test('a lock that cannot be opened is one sentence, not a stack', async () => {
  using at = setUp()
  mkdirSync(join(at.home.stateDir, 'm1', 'lock'), { recursive: true })
  await expect(write(at.leasing, at.clock, 'g_1', 'one')).rejects.toMatchObject({ code: 'WRITE_FAILED' })
})
