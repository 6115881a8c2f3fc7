import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Lease } from '../../../src/client/leases/types.ts'
import { noticeOf, notices } from '../../../src/client/notices.ts'
import type { Notice } from '../../../src/platform/desktop-notice.ts'
import { nodeFileSystem } from '../../../src/platform/files.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { lease } from '../../support/fake-leasing.ts'
import { tempDirectory } from '../../support/temp-directory.ts'

const MINUTE = 60_000

function setUp({ minutes = 60, before = 10 } = {}) {
  const made = tempDirectory()
  onTestFinished(() => made.remove())
  const clock = new FakeClock(1_800_000_000_000)
  const root = join(made.path, 'm1')
  mkdirSync(root)
  const shown: Notice[] = []
  const of = (target: string, more: Partial<Lease> = {}): Lease =>
    lease(target, {
      writtenAt: clock.now(),
      writtenAtBootSeconds: clock.bootSeconds(),
      bootId: clock.bootId(),
      endsAt: clock.now() + minutes * MINUTE,
      ...more,
    })
  const reaper = (show = async (notice: Notice): Promise<unknown> => shown.push(notice)) =>
    notices({ beforeMs: before * MINUTE, show, fs: nodeFileSystem, root, clock })
  return { clock, shown, of, reaper }
}

describe('a notice', () => {
  test('comes once, so long before the end and not earlier, and a reaper that takes over does not repeat it', () => {
    const { clock, shown, of, reaper } = setUp()
    const [one, first] = [of('prod-db'), reaper()]
    const ticks = (by: ReturnType<typeof reaper>) => [1, 2, 3].forEach(() => by.tick([one]))
    clock.advance(49 * MINUTE)
    ticks(first)
    expect(shown).toEqual([])
    clock.advance(MINUTE)
    ticks(first)
    ticks(reaper())
    expect(shown).toEqual([{ title: 'prod-db ends in 10m', text: 'jit removes its credentials then.' }])
  })

  test('is about the end of the grant, not about the minute of silence that a strict one is given', () => {
    const { clock, shown, of, reaper } = setUp()
    const one = of('prod-db', { channel: 'strict' })
    reaper().tick([one])
    expect(shown).toEqual([])
    clock.advance(51 * MINUTE)
    reaper().tick([one])
    expect(shown.map(({ title }) => title)).toEqual(['prod-db ends in 9m'])
  })

  test('goes by the clock that ends the lease: a wall clock that was set back delays nothing', () => {
    const { clock, shown, of, reaper } = setUp()
    const one = of('prod-db')
    clock.advance(51 * MINUTE)
    clock.setWall(clock.now() - 120 * MINUTE)
    reaper().tick([one])
    expect(shown.map(({ title }) => title)).toEqual(['prod-db ends in 9m'])
  })

  test.each<[string, { minutes?: number }, Partial<Lease>, number]>([
    ['of a grant that is shorter than the time before its end', { minutes: 10 }, {}, 5],
    ['of what is being wiped already', {}, { state: 'wiping' }, 55],
    ['of what could not be wiped', {}, { state: 'stuck' }, 55],
    ['of what is over', {}, {}, 61],
  ])('does not come %s', (_what, how, more, after) => {
    const { clock, shown, of, reaper } = setUp(how)
    const one = of('prod-db', more)
    clock.advance(after * MINUTE)
    reaper().tick([one])
    expect(shown).toEqual([])
  })

  test('comes again for a lease whose end has moved', () => {
    const { clock, shown, of, reaper } = setUp()
    const [one, by] = [of('prod-db'), reaper()]
    clock.advance(55 * MINUTE)
    by.tick([one])
    const longer = { ...one, endsAt: one.endsAt + 30 * MINUTE }
    by.tick([longer])
    expect(shown).toHaveLength(1)
    clock.advance(25 * MINUTE)
    by.tick([longer])
    expect(shown).toHaveLength(2)
  })

  test('that cannot be shown costs the reaper nothing, nor does a disk that cannot be written', async () => {
    const { clock, of, reaper } = setUp()
    const one = of('prod-db')
    clock.advance(55 * MINUTE)
    const failing = reaper(() => Promise.reject(new Error('no notifier')))
    expect(() => failing.tick([one])).not.toThrow()
    await new Promise((done) => setImmediate(done)) // an unhandled rejection would fail the test
  })

  test('says seconds where it comes late', () => {
    expect(noticeOf(lease('prod-db'), 42_300).title).toBe('prod-db ends in 42s')
  })
})
