import { describe, expect, test } from 'vitest'
import { isOver, remainingMs } from '../../../../src/client/leases/expiry.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const HOUR = 3_600_000

function written(clock: FakeClock) {
  return {
    writtenAt: clock.now(),
    endsAt: clock.now() + HOUR,
    writtenAtBootSeconds: clock.bootSeconds(),
    bootId: clock.bootId(),
  }
}

describe('a lease of an hour is over', () => {
  test.each<[string, (clock: FakeClock) => void, boolean]>([
    ['not after 59:59', (clock) => clock.advance(HOUR - 1000), false],
    ['after 60:00', (clock) => clock.advance(HOUR), true],
    ['after a suspend across the end', (clock) => clock.advance(5 * HOUR), true],
    ['when the clock is set ahead', (clock) => clock.setWall(clock.now() + HOUR), true],
    [
      'after an hour although the clock was set back two',
      (clock) => {
        clock.setWall(clock.now() - 2 * HOUR)
        clock.advance(HOUR)
      },
      true,
    ],
    [
      'not after half an hour with the clock set back two',
      (clock) => {
        clock.setWall(clock.now() - 2 * HOUR)
        clock.advance(HOUR / 2)
      },
      false,
    ],
    ['not after a reboot of a minute', (clock) => (clock.advance(60_000), clock.reboot()), false],
    [
      'after a reboot with the clock set back',
      (clock) => {
        clock.reboot()
        clock.setWall(clock.now() - 2 * HOUR)
      },
      true,
    ],
    [
      'after a reboot with the clock set back four minutes',
      (clock) => {
        clock.reboot()
        clock.setWall(clock.now() - 4 * 60_000)
      },
      true,
    ],
    [
      'an hour after the reboot, whatever the wall clock says',
      (clock) => {
        clock.reboot()
        clock.advance(60_000)
        clock.advance(HOUR + 1_000_000)
      },
      true,
    ],
  ])('%s', (_when, happens, over) => {
    const clock = new FakeClock()
    const lease = written(clock)
    happens(clock)
    expect(isOver(lease, clock)).toBe(over)
  })
})

test('what remains is what the faster clock says', () => {
  const clock = new FakeClock()
  const lease = written(clock)
  clock.setWall(clock.now() - HOUR)
  clock.advance(600_000)
  expect(remainingMs(lease, clock)).toBe(HOUR - 600_000)
})
