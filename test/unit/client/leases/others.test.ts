import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isAnotherOverdue, otherMachines } from '../../../../src/client/leases/others.ts'
import { nodeFileSystem } from '../../../../src/platform/files.ts'
import { createLeasing } from '../../../../src/client/leasing.ts'
import { awsDelivery, newLease } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { leasingDeps } from '../../../support/leasing-deps.ts'
import { TempHome } from '../../../support/temp-home.ts'

const [OURS, THEIRS] = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb']
const MINUTE = 60_000

test('what another machine of this home left is overdue a minute after its end, and only then', async () => {
  using home = new TempHome()
  const clock = new FakeClock(Date.now())
  const root = join(home.stateDir, OURS)
  const isOverdue = () => isAnotherOverdue(nodeFileSystem, root, clock)
  expect(isOverdue()).toBe(false) // no state directory at all
  const other = createLeasing(leasingDeps({ home: home.home, stateDir: home.stateDir, clock, machine: THEIRS }))
  await other.write(newLease(clock, 'g_1', 'prod-db', 10 * MINUTE), awsDelivery('jit-prod-db'))
  for (const name of ['keys', 'requests', `${THEIRS}x`]) mkdirSync(join(home.stateDir, name))
  expect(otherMachines(nodeFileSystem, root)).toEqual([join(home.stateDir, THEIRS)])

  clock.advance(10 * MINUTE + 30_000)
  expect(isOverdue()).toBe(false) // its own reaper comes first
  clock.advance(MINUTE)
  expect(isOverdue()).toBe(true)
  expect(isAnotherOverdue(nodeFileSystem, join(home.stateDir, THEIRS), clock)).toBe(false) // its own

  writeFileSync(join(home.stateDir, THEIRS, 'next-expiry'), 'torn')
  expect(isOverdue()).toBe(true)
  await other.sweep()
  expect(isOverdue()).toBe(false)
})
