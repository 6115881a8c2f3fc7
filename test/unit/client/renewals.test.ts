import { expect, test } from 'vitest'
import { renewals } from '../../../src/client/renewals.ts'
import type { Lease } from '../../../src/client/leases/types.ts'
import { NOW } from '../../support/fake-approval.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { lease } from '../../support/fake-leasing.ts'

const due = (target: string, more: Partial<Lease> = {}): Lease => {
  const one = lease(target, { writtenAt: NOW, writtenAtBootSeconds: 600, ...more })
  return { ...one, entries: one.entries.map((entry) => ({ ...entry, renewAt: NOW })) }
}
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

function reaper(renew: (lease: Lease) => Promise<unknown>) {
  const clock = new FakeClock(NOW, 600)
  const asked: string[] = []
  const slices = renewals((one) => {
    asked.push(one.target)
    return renew(one)
  }, clock)
  return { clock, asked, tick: async (...leases: readonly Lease[]) => (slices.tick(leases), await settled()) }
}

test('renews what is due, and only what lives', async () => {
  const { tick, asked } = reaper(async () => undefined)
  await tick(lease('later'), due('now'), due('wiping', { state: 'wiping' }), due('stuck', { state: 'stuck' }))
  expect(asked).toEqual(['now'])
})

test('a renewal that hangs holds up neither the tick nor other leases, and is not started twice', async () => {
  const { tick, asked, clock } = reaper(({ target }) =>
    target === 'hangs' ? new Promise(() => undefined) : Promise.resolve(),
  )
  await tick(due('hangs'), due('other'))
  clock.advance(3_600_000)
  await tick(due('hangs'), due('other'))
  expect(asked).toEqual(['hangs', 'other', 'other'])
})

test.each([
  ['fails', () => Promise.reject(new Error('offline'))],
  ['succeeds but brings a slice that is due at once', () => Promise.resolve()],
])('one that %s is tried again after 30 s, and not before', async (_name, renew) => {
  const { tick, asked, clock } = reaper(renew)
  await tick(due('a'))
  clock.advance(29_000)
  await tick(due('a'))
  expect(asked).toEqual(['a'])
  clock.advance(1_000)
  await tick(due('a'))
  expect(asked).toEqual(['a', 'a'])
})

test('a wall clock that is set meanwhile puts off no second try', async () => {
  const { tick, asked, clock } = reaper(() => Promise.reject(new Error('offline')))
  await tick(due('a'))
  clock.advance(30_000)
  clock.setWall(NOW - 7_200_000)
  await tick(due('a'))
  expect(asked).toEqual(['a', 'a'])
})
