import { join } from 'node:path'
import { expect, test } from 'vitest'
import { awsDelivery, leasingIn, newLease } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { TempHome } from '../../../support/temp-home.ts'

const ORIGINAL = '[default]\nregion = a'

function setUp() {
  const home = new TempHome()
  home.put(ORIGINAL, 0o644)
  const clock = new FakeClock(Date.now() + 60_000)
  const leasing = leasingIn(home, clock)
  const write = (id: string, target: string) => leasing.write(newLease(clock, id, target), awsDelivery(`jit-${target}`))
  return { home, write, [Symbol.dispose]: () => home[Symbol.dispose]() }
}

test.each(['../evil', 'a/b', '', 'a b'])('takes no grant id that is unsafe in a file name: %j', async (id) => {
  using at = setUp()
  await expect(at.write(id, 'prod-db')).rejects.toMatchObject({ code: 'ENDPOINT_INVALID' })
  expect(at.home.text()).toBe(ORIGINAL)
})

test.each(['tmp', 'bak', 'redo'])('does not let a grant id lead to a file of the user: .%s', async (ending) => {
  using at = setUp()
  const theirs = join(at.home.home, `notes.${ending}`)
  at.home.put('[mine]\nx = 1\n', 0o600, theirs)
  await expect(at.write('x/../../notes', 'prod-db')).rejects.toMatchObject({ code: 'ENDPOINT_INVALID' })
  expect([at.home.text(theirs), at.home.text()]).toEqual(['[mine]\nx = 1\n', ORIGINAL])
})
