import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type FileSystem, nodeFileSystem } from '../../../../src/platform/files.ts'
import { awsDelivery, leasingIn, newLease, SECRETS } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { TempHome } from '../../../support/temp-home.ts'

test('an entry that cannot be read keeps no other lease from its end, whatever bytes it is made of', async () => {
  using home = new TempHome()
  const clock = new FakeClock(Date.now() + 60_000)
  const leasing = leasingIn(home, clock)
  await leasing.write(newLease(clock, 'g_1', 'prod-db', 600_000), awsDelivery('jit-prod-db'))
  const entry = (id: string): string => join(home.stateDir, 'm1', 'leases', `${id}.lease`)
  const zeros = readFileSync(entry('g_1'))
  zeros.fill(0, zeros.indexOf('"path"') + 12, zeros.indexOf('"path"') + 16) // a block that never reached the disk
  writeFileSync(entry('g_2'), zeros)
  writeFileSync(entry('g_3'), String.raw`{"path": "/a\u0000b", "path": "\q", "path": "here"`)

  expect(leasing.unreadable()).toMatchObject([{ id: 'g_2' }, { id: 'g_3', paths: [] }])
  clock.advance(601_000)
  expect(await leasing.sweep()).toMatchObject([{ lease: 'g_1', wiped: true }])
  expect(home.filesHolding(...SECRETS)).toEqual([])
})

test.each<[string, (path: string) => void]>([
  ['a directory', (path) => mkdirSync(path)],
  ['a link to nowhere', (path) => symlinkSync('/nowhere', path)],
  ['a link to itself', (path) => symlinkSync(path, path)],
  ['a named pipe', (path) => execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', path])],
])('%s in place of an entry is shown, stays there, and keeps no other lease from its end', async (_what, put) => {
  using home = new TempHome()
  const clock = new FakeClock(Date.now() + 60_000)
  const leasing = leasingIn(home, clock)
  await leasing.write(newLease(clock, 'g_1', 'prod-db', 600_000), awsDelivery('jit-prod-db'))
  put(join(home.stateDir, 'm1', 'leases', 'g_2.lease'))
  expect(leasing.unreadable()).toMatchObject([{ id: 'g_2', paths: [] }])
  expect(leasing.list()).toMatchObject([{ id: 'g_1' }])
  clock.advance(601_000)
  expect(await leasing.sweep()).toMatchObject([{ lease: 'g_1', wiped: true }])
  expect(home.filesHolding(...SECRETS)).toEqual([])
  expect(readdirSync(join(home.stateDir, 'm1', 'leases'))).toEqual([expect.stringMatching(/^g_2\./)])
})

test.each(['EACCES', 'EPERM'])(
  'an entry that refuses to be opened (%s) for one sweep is ended like any other by the next: bytes, mode, directories',
  async (code) => {
    using home = new TempHome()
    const clock = new FakeClock(Date.now() + 60_000)
    home.put('[default]\nregion = a\n', 0o644)
    const lease = newLease(clock, 'g_1', 'prod-db', 600_000)
    await leasingIn(home, clock).write(lease, awsDelivery('jit-prod-db'))
    clock.advance(601_000)
    const open: FileSystem['open'] = (path, how, mode) => {
      if (path.endsWith('.lease')) throw Object.assign(new Error(code), { code, syscall: 'open', path })
      return nodeFileSystem.open(path, how, mode)
    }
    await leasingIn(home, clock, { ...nodeFileSystem, open }).sweep()
    expect(home.filesHolding(...SECRETS)).toEqual([]) // by its mark
    await leasingIn(home, clock).sweep()
    expect([home.text(), home.mode()]).toEqual(['[default]\nregion = a\n', 0o644])
    expect([leasingIn(home, clock).list(), leasingIn(home, clock).unreadable()]).toEqual([[], []])
  },
)

test('what only a newer jit knows in members that guard nothing keeps this one from no end', async () => {
  using home = new TempHome()
  const clock = new FakeClock(Date.now() + 60_000)
  const leasing = leasingIn(home, clock)
  await leasing.write({ ...newLease(clock, 'g_1'), usedBy: 'g_1' }, awsDelivery('jit-prod-db'))
  const file = join(home.stateDir, 'm1', 'leases', 'g_1.lease')
  const entry = JSON.parse(readFileSync(file, 'utf8'))
  const odd = { holder: 5, usedBy: ['g_1'], lastError: {}, retryAt: 'soon' }
  writeFileSync(file, JSON.stringify({ ...entry, ...odd }))
  expect([leasing.list(), leasing.unreadable()]).toEqual([
    [expect.not.objectContaining({ usedBy: expect.anything() })],
    [],
  ])
  expect(leasing.list()[0]).not.toHaveProperty('holder')
  writeFileSync(file, JSON.stringify({ ...entry, ...odd, channel: 'stricter' }))
  expect(leasing.unreadable()).toMatchObject([{ id: 'g_1' }])
  writeFileSync(file, JSON.stringify({ ...entry, ...odd }))
  expect(await leasing.wipe(['g_1'], 'revoked')).toMatchObject([{ wiped: true }])
  expect(home.filesHolding(...SECRETS)).toEqual([])
})

describe('an entry that somebody has edited', () => {
  const THEIRS = 'my private key'

  function setUp() {
    const home = new TempHome()
    const clock = new FakeClock(Date.now() + 60_000)
    const key = join(home.home, '.ssh', 'id')
    home.put(THEIRS, 0o600, key)
    const forge = async (change: (place: Record<string, unknown>) => void) => {
      const leasing = leasingIn(home, clock)
      await leasing.write(newLease(clock, 'g_1', 'prod-db', 600_000), awsDelivery('jit-prod-db'))
      const file = join(home.stateDir, 'm1', 'leases', 'g_1.lease')
      const lease = JSON.parse(readFileSync(file, 'utf8'))
      change(lease.places[0])
      writeFileSync(file, JSON.stringify(lease))
      clock.advance(601_000)
      await leasing.sweep()
      await leasing.wipe(['g_1'], 'revoked')
    }
    return { home, key, forge, [Symbol.dispose]: () => home[Symbol.dispose]() }
  }

  test.each(['temp', 'redo', 'backup'])('leads to no file but its own by the name of its %s', async (name) => {
    using at = setUp()
    await at.forge((place) => (place[name] = at.key))
    expect(at.home.text(at.key)).toBe(THEIRS)
    expect(at.home.filesHolding(...SECRETS)).toEqual([]) // and still ends
  })

  test.each(['own', 'debris', 'own-directory', 'pointer'])(
    'takes no file for %s that does not say it is ours',
    async (kind) => {
      using at = setUp()
      await at.forge((place) => {
        const names = Object.fromEntries(
          ['tmp', 'redo', 'bak'].map((end) => [end, join(at.home.home, '.ssh', `.id.jit-g_1.${end}`)]),
        )
        Object.assign(place, { kind, format: undefined, path: at.key })
        Object.assign(place, { temp: names['tmp'], redo: names['redo'], backup: names['bak'] })
        Object.assign(place, { names: THEIRS, held: { path: at.key, text: 'private' } })
      })
      expect(at.home.text(at.key)).toBe(THEIRS)
    },
  )
})
