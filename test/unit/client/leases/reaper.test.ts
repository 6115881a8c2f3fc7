import { expect, test } from 'vitest'
import { awsDelivery, leasingIn, newLease } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { TempHome } from '../../../support/temp-home.ts'

test('a part of the reaper that fails at every tick costs no wipe', async () => {
  using home = new TempHome()
  const clock = new FakeClock(Date.now() + 60_000)
  const leasing = leasingIn(home, clock)
  await leasing.write(newLease(clock, 'g_1', 'prod-db', 300_000), awsDelivery('jit-prod-db'))
  clock.sleep = async (ms) => clock.advance(ms)
  let ticks = 0
  await leasing.runReaper(new AbortController().signal, () => {
    ticks++
    throw new Error('EACCES')
  })
  expect(ticks).toBeGreaterThan(1)
  expect([leasing.list(), home.names().includes('.aws/credentials')]).toEqual([[], false])
})
