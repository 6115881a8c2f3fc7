import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { awsDelivery, leasingIn, newLease } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { TempHome } from '../../../support/temp-home.ts'

test('a reboot with the clock set back to any time before the reboot ends a lease', async () => {
  using home = new TempHome()
  const clock = new FakeClock(Date.now() + 60_000)
  const leasing = leasingIn(home, clock)
  await leasing.write(newLease(clock, 'g_1', 'prod-db', 3_600_000), awsDelivery('jit-prod-db'))
  const stop = new AbortController()
  clock.sleep = async (ms) => {
    clock.advance(ms)
    if (clock.now() >= half) stop.abort()
  }
  const half = clock.now() + 1_800_000
  await leasing.runReaper(stop.signal)
  expect(leasing.list()).toHaveLength(1)
  clock.reboot()
  clock.setWall(half - 60_000)
  expect(leasing.due()).toBe(true)
  expect(await leasing.sweep()).toMatchObject([{ lease: 'g_1', wiped: true, reason: 'ttl' }])
  expect(existsSync(join(home.stateDir, 'm1', 'last-seen'))).toBe(false)
})
