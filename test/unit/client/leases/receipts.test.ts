import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { leaseDeps } from '../../../../src/client/leasing.ts'
import { endLease } from '../../../../src/client/leases/wipe.ts'
import { type FileSystem, nodeFileSystem } from '../../../../src/platform/files.ts'
import { awsDelivery, leasingIn, newLease } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { leasingDeps } from '../../../support/leasing-deps.ts'
import { TempHome } from '../../../support/temp-home.ts'

async function machine(name = 'm1') {
  const home = new TempHome('memory')
  const clock = new FakeClock()
  const leasing = leasingIn(home, clock)
  await leasing.write(newLease(clock, 'g_1', 'prod-db'), awsDelivery('jit-prod-db'))
  const withFiles = (fs: FileSystem) => leasingIn(home, clock, fs)
  const receipts = () => leasing.outbox.list()
  return { home, clock, leasing, withFiles, receipts, name, [Symbol.dispose]: () => home[Symbol.dispose]() }
}
const failing = (part: string, calls: (keyof FileSystem)[], code = 'EACCES'): FileSystem => {
  const refuse = (path: string): void => {
    if (path.includes(part)) throw Object.assign(new Error(`${code}: no, ${path}`), { code, syscall: 'x' })
  }
  const over = {
    open: (path, how, mode) => (refuse(path), nodeFileSystem.open(path, how, mode)),
    rename: (from, to) => (refuse(from), refuse(to), nodeFileSystem.rename(from, to)),
  } as const satisfies Partial<FileSystem>
  return {
    ...nodeFileSystem,
    ...Object.fromEntries(Object.entries(over).filter(([name]) => calls.some((call) => call === name))),
  }
}

describe('a receipt', () => {
  test('of a wipe is queued, with a hash for the machine and no path', async () => {
    using at = await machine()
    await at.leasing.wipe(['g_1'], 'revoked')
    expect(at.receipts()).toEqual([
      {
        kind: 'receipt',
        grant: 'g_1',
        endpoint: 'https://jit.corp.example',
        target: 'prod-db',
        outcome: 'wiped',
        machine: expect.stringMatching(/^[0-9a-f]{32}$/),
        at: at.clock.now(),
      },
    ])
    expect(JSON.stringify(at.receipts())).not.toContain('m1')
  })

  test('and a lease say whose they are, as far as that was known, and a lease what it is for', async () => {
    using at = await machine()
    await at.leasing.write(
      { ...newLease(at.clock, 'g_2', 'logs'), holder: 'alice', usedBy: 'g_2' },
      awsDelivery('jit-logs', 'G2'),
    )
    expect(at.leasing.list().map(({ id, holder, usedBy }) => [id, holder, usedBy])).toEqual([
      ['g_1', undefined, undefined],
      ['g_2', 'alice', 'g_2'],
    ])
    await at.leasing.wipe(['g_1', 'g_2'], 'revoked')
    expect(at.receipts().map(({ grant, holder }) => [grant, holder])).toEqual([
      ['g_1', undefined],
      ['g_2', 'alice'],
    ])
  })

  test.each<[string, (clock: FakeClock) => void]>([
    ['time', (clock) => clock.advance(7_200_000)],
    ['reboot and a clock set back', (clock) => (clock.reboot(), clock.setWall(0))],
  ])('is queued at an end by %s too', async (_why, happens) => {
    using at = await machine()
    happens(at.clock)
    await at.leasing.sweep()
    expect(at.receipts()).toMatchObject([{ outcome: 'wiped' }])
  })

  test('is durable before the entry of the lease goes', async () => {
    using at = await machine()
    const order: string[] = []
    const fs: FileSystem = {
      ...nodeFileSystem,
      unlink: (path) => {
        if (path.endsWith('.lease')) order.push(`entry gone, ${at.receipts().length} receipt`)
        nodeFileSystem.unlink(path)
      },
      syncDirectory: (path) => {
        if (path.endsWith('outbox')) order.push('receipt synced')
        nodeFileSystem.syncDirectory(path)
      },
    }
    await at.withFiles(fs).wipe(['g_1'], 'revoked')
    expect(order).toEqual(['receipt synced', 'entry gone, 1 receipt'])
  })

  test('about a wipe that is stuck is queued once, without the path, and the wipe at last is told beside it', async () => {
    using at = await machine()
    const broken = at.withFiles(failing('.aws', ['open', 'rename']))
    for (let i = 0; i < 3; i++) {
      await broken.wipe(['g_1'], 'revoked')
      at.clock.advance(60_000)
    }
    expect(at.receipts()).toMatchObject([{ outcome: 'stuck', why: 'EACCES' }])
    expect(JSON.stringify(at.receipts())).not.toContain('.aws')
    const [stuck] = at.receipts()
    if (stuck !== undefined) at.leasing.outbox.remove(stuck) // told
    await broken.wipe(['g_1'], 'revoked')
    expect(at.receipts()).toEqual([])
    await at.leasing.wipe(['g_1'], 'revoked')
    expect(at.receipts()).toMatchObject([{ outcome: 'wiped' }])
    if (stuck !== undefined) at.leasing.outbox.remove(stuck) // told late, by another process
    expect(at.receipts()).toMatchObject([{ outcome: 'wiped' }])
  })

  test('that the disk has no room for keeps no secret here, and is queued when the entry has made room', async () => {
    using at = await machine()
    let isFull = true
    const full = failing('outbox', ['open'], 'ENOSPC')
    const fs: FileSystem = {
      ...nodeFileSystem,
      open: (path, how, mode) => (isFull ? full.open(path, how, mode) : nodeFileSystem.open(path, how, mode)),
      unlink: (path) => {
        if (path.endsWith('.lease')) isFull = false
        nodeFileSystem.unlink(path)
      },
    }
    expect(await at.withFiles(fs).wipe(['g_1'], 'revoked')).toMatchObject([{ wiped: true }])
    expect([at.home.text(), at.leasing.list()]).toEqual([undefined, []])
    expect(at.receipts()).toMatchObject([{ outcome: 'wiped' }])
  })

  test('on a disk that takes none at all keeps no secret here either', async () => {
    using at = await machine()
    expect(await at.withFiles(failing('outbox', ['open'], 'ENOSPC')).wipe(['g_1'], 'revoked')).toMatchObject([
      { wiped: true },
    ])
    expect([at.home.text(), at.leasing.list(), at.receipts()]).toEqual([undefined, [], []])
  })

  test('names each machine alike each time, and no two alike', async () => {
    using at = await machine()
    const names = new Set<string>()
    for (const [root, endpoint] of [
      ['m1', 'https://a'],
      ['m1', 'https://a'],
      ['m2', 'https://a'],
      ['m1', 'https://b'],
    ] as const) {
      const deps = leaseDeps(
        leasingDeps({ home: at.home.home, stateDir: at.home.stateDir, clock: at.clock, machine: root }),
      )
      const [lease] = at.leasing.list()
      if (lease === undefined) throw new Error('no lease')
      deps.store.prepare()
      deps.store.put({ ...lease, endpoint, places: [] })
      await endLease(deps, { ...lease, endpoint, places: [] }, 'ttl')
      for (const message of deps.outbox.list()) {
        if (message.kind === 'receipt') names.add(message.machine)
        deps.outbox.remove(message)
      }
      await at.leasing.write(newLease(at.clock, 'g_1', 'prod-db'), awsDelivery('jit-prod-db'))
    }
    expect(names.size).toBe(3)
  })
})

test('messages of an earlier version are read as ends', async () => {
  using at = await machine()
  await at.leasing.wipe(['g_1'], 'revoked')
  const old = { grant: 'g_0', endpoint: 'https://jit.corp.example', target: 'old', reason: 'revoked', at: 5 }
  writeFileSync(join(at.home.stateDir, 'm1', 'outbox', 'g_0.json'), JSON.stringify(old))
  expect(at.receipts()).toMatchObject([{ kind: 'end', ...old }, { kind: 'receipt' }])
})

test('an entry of an earlier version, without a channel, stays readable; the last word is not written into any', async () => {
  using at = await machine()
  const file = join(at.home.stateDir, 'm1', 'leases', 'g_1.lease')
  expect(readFileSync(file, 'utf8')).not.toContain('channel')
  await at.leasing.write({ ...newLease(at.clock, 'g_2', 'logs'), channel: 'strict' }, awsDelivery('jit-logs'))
  at.leasing.heard({ endpoint: 'https://jit.corp.example' })
  expect(at.leasing.list().find(({ id }) => id === 'g_2')).toMatchObject({
    channel: 'strict',
    heard: { bootId: 'boot-1' },
  })
  await at.leasing.renew('g_2', awsDelivery('jit-logs', 'Second'))
  const text = readFileSync(join(at.home.stateDir, 'm1', 'leases', 'g_2.lease'), 'utf8')
  expect([text.includes('"channel": "strict"'), text.includes('heard')]).toEqual([true, false])
})
