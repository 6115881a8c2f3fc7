import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
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
