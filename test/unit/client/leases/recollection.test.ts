import { describe, expect, test } from 'vitest'
import { recollection } from '../../../../src/client/leases/recollection.ts'
import { lease } from '../../../support/fake-leasing.ts'
import { manualClock } from '../../../support/manual-clock.ts'

const MINUTE_MS = 60_000

/** A reaper that read one lease of an hour, from a directory that had not changed for a while. */
function reader(more: Parameters<typeof lease>[1] = {}) {
  const clock = manualClock()
  const nanoseconds = (ms: number): bigint => BigInt(ms) * 1_000_000n
  let changedAt: bigint | undefined = nanoseconds(clock.now() - MINUTE_MS)
  const { recall, keep } = recollection({ changedAt: () => changedAt }, clock)
  const times = { writtenAt: clock.now(), writtenAtBootSeconds: Math.floor(clock.bootSeconds()) }
  const leases = [lease('prod-db', { ...times, endsAt: clock.now() + 60 * MINUTE_MS, ...more })]
  return {
    clock,
    leases,
    recall,
    read: () => keep(changedAt, leases),
    change: (ms = clock.now()) => (changedAt = nanoseconds(ms)),
    remove: () => (changedAt = undefined),
  }
}

describe('leases are read again', () => {
  test('where nothing was read before', () => {
    expect(reader().recall()).toBeUndefined()
  })

  test('not while nothing changes and none is near its end', () => {
    const at = reader()
    at.read()
    at.clock.advance(28_000)
    expect(at.recall()).toBe(at.leases)
  })

  test('after half a minute, whatever the directory says', () => {
    const at = reader()
    at.read()
    at.clock.advance(31_000)
    expect(at.recall()).toBeUndefined()
  })

  test('when an entry came, went or was replaced, and when the directory went', () => {
    const at = reader()
    at.read()
    at.change()
    expect(at.recall()).toBeUndefined()
    at.change(at.clock.now() - MINUTE_MS)
    at.read()
    at.remove()
    expect(at.recall()).toBeUndefined()
  })

  test('while the last change is so fresh that another would look the same, or lies ahead of the clock', () => {
    for (const offset of [0, -2_000, 5 * MINUTE_MS]) {
      const at = reader()
      at.change(at.clock.now() + offset)
      at.read()
      expect(at.recall()).toBeUndefined()
    }
  })

  test('when a deadline is near, by either clock', () => {
    const at = reader({ endsAt: manualClock().now() + MINUTE_MS + 20_000 })
    at.read()
    expect(at.recall()).toBe(at.leases)
    at.clock.advance(21_000)
    expect(at.recall()).toBeUndefined()
    const longHere = reader({ writtenAtBootSeconds: manualClock().bootSeconds() - 59.5 * 60 })
    longHere.read()
    expect(longHere.recall()).toBeUndefined()
  })

  test('each time where silence could end one', () => {
    const at = reader({ channel: 'strict' })
    at.read()
    expect(at.recall()).toBeUndefined()
  })
})
