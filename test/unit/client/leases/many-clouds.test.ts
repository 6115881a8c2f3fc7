import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createLeasing } from '../../../../src/client/leasing.ts'
import { awsFiles } from '../../../../src/client/sinks/clouds/aws-files.ts'
import type { SinkDeps } from '../../../../src/client/sinks/clouds/deps.ts'
import type { CloudSink } from '../../../../src/client/sinks/clouds/types.ts'
import { type FileSystem, nodeFileSystem } from '../../../../src/platform/files.ts'
import { awsDelivery, awsIntent, newLease, SECRETS } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { leasingDeps } from '../../../support/leasing-deps.ts'
import { PLAIN_SECRET, plainDelivery, plainFiles, plainPointing } from '../../../support/plain-sinks.ts'
import { TempHome } from '../../../support/temp-home.ts'

const both = (target = 'prod-db', mark = '') => [
  ...awsDelivery(`jit-${target}`, mark),
  plainDelivery(`jit-${target}`, mark),
]

function setUp(sinks: (deps: SinkDeps) => readonly CloudSink[] = (deps) => [awsFiles(deps), plainFiles(deps)]) {
  const files = new TempHome()
  const clock = new FakeClock(Date.now() + 60_000)
  const { home, stateDir } = files
  const over = (fs?: FileSystem, env?: Readonly<Record<string, string>>) =>
    createLeasing(leasingDeps({ home, stateDir, clock, sinks, ...(fs && { fs }), ...(env && { env }) }))
  return {
    files,
    clock,
    over,
    leasing: over(),
    holding: () => files.filesHolding(...SECRETS, PLAIN_SECRET),
    [Symbol.dispose]: () => files[Symbol.dispose](),
  }
}

const failingAt = (isMeant: (path: string) => boolean, call: 'rename' | 'link'): FileSystem => ({
  ...nodeFileSystem,
  [call]: (from: string, to: string) => {
    if (isMeant(to)) throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: call })
    nodeFileSystem[call](from, to)
  },
})

describe('a lease of two clouds', () => {
  test('is written whole, each place in the journal, and wiped whole', async () => {
    using at = setUp()
    const lease = await at.leasing.write(newLease(at.clock), both())
    expect(lease.entries.map(({ cloud, sink }) => [cloud, sink])).toEqual([
      ['aws', 'aws-files'],
      ['gcp', 'gcp-files'],
    ])
    expect(lease.places.map(({ kind, cloud }) => [kind, cloud])).toEqual([
      ['entry', 'aws'],
      ['own', 'gcp'],
      ['own', 'gcp'],
    ])
    const named = lease.places.map(({ path }) => path)
    expect(at.holding().every((path) => named.includes(path))).toBe(true)
    await at.leasing.wipe(['g_1'], 'revoked')
    expect([at.files.names(), at.holding()]).toEqual([[], []])
  })

  test('is not there at all where one of them cannot be written', async () => {
    using at = setUp()
    const failing = at.over(failingAt((path) => path.endsWith('jit-prod-db.conf'), 'link'))
    await expect(failing.write(newLease(at.clock), both())).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    expect([at.leasing.list(), at.files.names(), at.holding()]).toEqual([[], [], []])
  })

  test('is not even begun where one of them is refused', async () => {
    using at = setUp()
    const settings = join(at.files.home, '.plain', 'settings')
    mkdirSync(settings, { recursive: true })
    writeFileSync(join(settings, 'jit-prod-db.conf'), 'mine')
    await expect(at.leasing.write(newLease(at.clock), both())).rejects.toMatchObject({ code: 'PROFILE_TAKEN' })
    expect(at.files.names()).toEqual(['.plain', '.plain/settings', '.plain/settings/jit-prod-db.conf'])
  })

  test('of which one place refuses to go is stuck, and the others go all the same', async () => {
    using at = setUp()
    await at.leasing.write(newLease(at.clock), both())
    const failing = at.over({
      ...nodeFileSystem,
      rename: (from, to) => {
        if (from.endsWith('jit-prod-db.conf')) throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'rename' })
        nodeFileSystem.rename(from, to)
      },
    })
    expect(await failing.wipe(['g_1'], 'revoked')).toMatchObject([{ wiped: false, why: 'EIO' }])
    expect(at.holding()).toEqual([])
    at.clock.advance(60_000)
    expect(await at.leasing.sweep()).toMatchObject([{ lease: 'g_1', wiped: true }])
    expect(at.files.names()).toEqual([])
  })

  test('is replaced whole by a lease that takes over one of its profiles', async () => {
    using at = setUp()
    await at.leasing.write(newLease(at.clock, 'g_1'), both('prod-db', 'A'))
    await at.leasing.write(newLease(at.clock, 'g_2'), awsDelivery('jit-prod-db', 'B'))
    expect(at.leasing.list().map(({ id }) => id)).toEqual(['g_2'])
    expect(at.files.filesHolding(PLAIN_SECRET)).toEqual([])
    await at.leasing.write(newLease(at.clock, 'g_3'), [plainDelivery('jit-prod-db', 'C')])
    expect(at.leasing.list().map(({ id }) => id)).toEqual(['g_2', 'g_3'])
  })

  test('has each cloud once: the endpoint cannot make it two', async () => {
    using at = setUp()
    const twice = [...awsDelivery('jit-one'), ...awsDelivery('jit-two')]
    await expect(at.leasing.write(newLease(at.clock), twice)).rejects.toMatchObject({ code: 'ENDPOINT_INVALID' })
    expect(at.holding()).toEqual([])
  })
})

test('directories that one lease made go with the last one that lies in them', async () => {
  using at = setUp()
  await at.leasing.write(newLease(at.clock, 'g_1', 'one'), both('one'))
  await at.leasing.write(newLease(at.clock, 'g_2', 'two'), both('two', 'X'))
  await at.leasing.wipe(['g_1'], 'revoked')
  await at.leasing.wipe(['g_2'], 'revoked')
  expect(at.files.names()).toEqual([])
})

test('a file goes by one name, also where its directory is yet to be made below a link', async () => {
  using at = setUp()
  const real = join(at.files.root, 'real')
  renameSync(at.files.home, real)
  symlinkSync(real, at.files.home)
  const first = await at.leasing.write(newLease(at.clock, 'g_1', 'one'), both('one'))
  const second = await at.leasing.write(newLease(at.clock, 'g_2', 'two'), both('two', 'X'))
  expect(first.places[0]?.path).toBe(join(real, '.aws', 'credentials'))
  expect(second.places[0]?.path).toBe(first.places[0]?.path)
  const renewed = await at.leasing.renew('g_1', both('one', 'Y'))
  expect(renewed.places.map(({ path }) => path)).toEqual(first.places.map(({ path }) => path))
  await at.leasing.wipe(['g_1', 'g_2'], 'revoked')
  expect([at.files.names(), at.holding()]).toEqual([[], []])
})

test('the same grant, written again elsewhere, keeps track of the first place', async () => {
  using at = setUp()
  await at.leasing.write(newLease(at.clock), awsDelivery('jit-prod-db'))
  const elsewhere = join(at.files.root, 'elsewhere')
  const there = at.over(nodeFileSystem, { AWS_SHARED_CREDENTIALS_FILE: elsewhere })
  const lease = await there.write(newLease(at.clock), awsDelivery('jit-prod-db', 'X'))
  expect(lease.places.map(({ path }) => path)).toEqual([elsewhere, at.files.credentials])
  await at.leasing.wipe(['g_1'], 'revoked')
  expect(at.holding()).toEqual([])
})

describe('the mode of delivery', () => {
  const obstructed = (deps: SinkDeps): readonly CloudSink[] => [
    { ...plainFiles(deps), obstacle: () => 'The client encrypts its cache.' },
    plainPointing(deps),
  ]

  test('falls back to isolated where the client is in the way, and says why', async () => {
    using at = setUp(obstructed)
    const lease = await at.leasing.write(newLease(at.clock), [plainDelivery('jit-prod-db')])
    expect(lease.deliver).toBe('files')
    expect(lease.entries).toMatchObject([
      { deliver: 'isolated', sink: 'gcp-isolated', note: 'The client encrypts its cache.' },
    ])
    const renewed = await at.leasing.renew('g_1', [plainDelivery('jit-prod-db', 'X')])
    expect(renewed.entries).toMatchObject([{ sink: 'gcp-isolated', note: 'The client encrypts its cache.' }])
    expect(at.leasing.guide(lease)).toMatchObject([{ usage: ['plain --profile jit-prod-db'] }])
  })

  test('that this version does not have is refused beforehand', async () => {
    using at = setUp()
    const [intent] = awsIntent('jit-prod-db')
    if (intent === undefined) throw new RangeError('no intent')
    await expect(at.leasing.check([{ ...intent, deliver: 'process' }])).rejects.toMatchObject({ code: 'USAGE' })
    await expect(at.leasing.check([{ ...intent, cloud: 'azure' }])).rejects.toMatchObject({ code: 'USAGE' })
    await expect(at.leasing.check([intent])).resolves.toBeUndefined()
    expect(at.files.names()).toEqual([])
  })
})

test('what a lost lease had made of its own goes when its time is up', async () => {
  using at = setUp()
  await at.leasing.write(newLease(at.clock, 'g_1', 'one', 60_000), [plainDelivery('jit-one')])
  rmSync(join(at.files.stateDir, 'm1', 'leases'), { recursive: true })
  expect(await at.leasing.sweep()).toEqual([])
  expect(at.holding()).toHaveLength(1)
  at.clock.advance(61_000)
  expect(await at.leasing.sweep()).toMatchObject([{ lease: 'g_1', wiped: true }])
  expect(at.holding()).toEqual([])
})
