import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LeaseStore } from '../../../../src/client/leases/store.ts'
import { nodeFileSystem } from '../../../../src/platform/files.ts'
import { awsDelivery, leasingIn, newLease } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { lease } from '../../../support/fake-leasing.ts'
import { TempHome } from '../../../support/temp-home.ts'

const START = 1_800_000_000
const HOUR = 3600

function setUp(fs = nodeFileSystem) {
  const home = new TempHome()
  const clock = new FakeClock(START * 1000)
  const root = join(home.stateDir, 'm1')
  const leasing = leasingIn(home, clock)
  const store = new LeaseStore(fs, clock, root)
  store.prepare()
  const hint = join(root, 'prompt')
  const lines = () => (existsSync(hint) ? readFileSync(hint, 'utf8').split('\n') : undefined)
  return { home, clock, leasing, store, hint, lines, [Symbol.dispose]: () => home[Symbol.dispose]() }
}
const ending = (target: string, inSeconds: number, more = {}) =>
  lease(target, {
    writtenAt: START * 1000,
    endsAt: (START + inSeconds) * 1000,
    writtenAtBootSeconds: 1000,
    bootId: 'boot-1',
    places: [],
    ...more,
  })

describe('what prompts read', () => {
  test('says when a sweep is due, when it was written, and what ends first', () => {
    using at = setUp()
    at.store.put(ending('late', 2 * HOUR))
    at.store.put(ending('soon', HOUR))
    expect(at.lines()).toEqual([
      `${START + HOUR} due ${START}`,
      `${START + HOUR} active soon`,
      `${START + 2 * HOUR} active late`,
      '',
    ])
  })

  test('is private, holds no secret, and goes with the last lease', async () => {
    using at = setUp()
    await at.leasing.write(newLease(at.clock), awsDelivery('jit-prod-db'))
    expect(statSync(at.hint).mode & 0o777).toBe(0o600)
    expect(readFileSync(at.hint, 'utf8')).toMatch(/^\d+ due \d+\n\d+ active prod-db\n$/)
    await at.leasing.wipe(['g_1'], 'revoked')
    expect(at.lines()).toBeUndefined()
  })

  test('names a lease that would not go first, and none that is only being written or wiped', () => {
    using at = setUp()
    at.store.put(ending('fine', HOUR))
    at.store.put(ending('half', HOUR, { state: 'writing' }))
    at.store.put(ending('going', HOUR, { state: 'wiping' }))
    at.store.put(ending('left', -HOUR, { state: 'stuck', attempts: 1, retryAt: (START + 1) * 1000 }))
    expect(at.lines()?.slice(1)).toEqual([`${START - HOUR} stuck left`, `${START + HOUR} active fine`, ''])
  })

  test('asks for a sweep where a record cannot be read', () => {
    using at = setUp()
    at.home.put('torn', 0o600, join(at.store.directory, 'g_9.lease'))
    at.store.writeHints()
    expect(at.lines()).toEqual([`${START + 60} due ${START}`, ''])
  })

  test('is right again after the clock was set back and a sweep has run', async () => {
    using at = setUp()
    await at.leasing.write(newLease(at.clock, 'g_1', 'prod-db', HOUR * 1000), awsDelivery('jit-prod-db'))
    at.clock.advance(HOUR * 500)
    at.clock.setWall((START - 7200) * 1000)
    await at.leasing.sweep()
    expect(at.lines()?.[1]).toBe(`${START - 7200 + HOUR / 2} active prod-db`)
  })

  test('keeps a name that no target can have on its line, without blanks and controls', () => {
    using at = setUp()
    at.store.put(ending('a b\n9 active $(id)\u001b]0;x\u0007`', HOUR, { id: 'g_1' }))
    at.store.put(ending('', HOUR, { id: 'g_2' }))
    expect(at.lines()?.slice(1)).toEqual([
      `${START + HOUR} active a?b?9?active???id???0?x??`,
      `${START + HOUR} active ?`,
      '',
    ])
  })

  test('that cannot be written goes, rather than show what was', () => {
    let broken = false
    using at = setUp({
      ...nodeFileSystem,
      rename: (from, to) => {
        if (broken && to.endsWith('/prompt')) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
        nodeFileSystem.rename(from, to)
      },
    })
    at.store.put(ending('prod-db', HOUR))
    expect(at.lines()).toHaveLength(3)
    broken = true
    at.store.put(ending('logs', HOUR))
    expect(at.lines()).toBeUndefined()
    mkdirSync(at.hint) // and where even that is impossible, leases are written all the same
    at.store.put(ending('more', HOUR))
    expect(at.store.list()).toHaveLength(3)
  })
})
