import { expect, test } from 'vitest'
import { JitError } from '../../../src/base/errors.ts'
import type { Lease } from '../../../src/client/leases/types.ts'
import { evenIfReplaced } from '../../../src/client/replaced-lease.ts'
import { NOW } from '../../support/fake-approval.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { lease } from '../../support/fake-leasing.ts'

const [old, fresh] = [lease('prod-db', { id: 'g_old' }), lease('prod-db', { id: 'g_new' })]
const lost = new JitError('NOT_FOUND', 'The credentials of prod-db are no longer there.', '')

/** Answers with the lease that it found in `states[n]` at look n, as long as that one is `there`. */
async function served(states: readonly (readonly Lease[])[], there: (lease: Lease) => boolean, error: Error = lost) {
  let look = 0
  const leases = (): readonly Lease[] => states[Math.min(look++, states.length - 1)] ?? []
  return evenIfReplaced('prod-db', { leases, clock: new FakeClock(NOW, 600) }, async () => {
    const found = leases().find(({ state }) => state === 'active')
    if (found === undefined || !there(found)) throw error
    return found.id
  })
}
const isNew = ({ id }: Lease): boolean => id === 'g_new'

test('a grant that was replaced between two looks: the new one is served', async () => {
  expect(await served([[old], [old], [fresh]], isNew)).toBe('g_new')
})

test('one that is being written is waited for', async () => {
  const writing = { ...fresh, state: 'writing' } as const
  expect(await served([[old], [old], [old, writing], [old, writing], [fresh]], isNew)).toBe('g_new')
})

test('whoever writes it may have died: then it fails as it did', async () => {
  await expect(served([[old], [old], [old, { ...fresh, state: 'writing' }]], isNew)).rejects.toBe(lost)
})

test('what was lost without a successor fails at once; a bug is not tried again', async () => {
  await expect(served([[old]], isNew)).rejects.toBe(lost)
  const bug = new TypeError('x')
  await expect(served([[old], [old], [fresh]], isNew, bug)).rejects.toBe(bug)
})

test('a grant of another target is no successor', async () => {
  await expect(served([[old], [old], [old, lease('logs')]], isNew)).rejects.toBe(lost)
})
