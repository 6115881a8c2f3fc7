import { readdirSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isTimeAgain } from '../../../src/platform/throttle.ts'
import { tempDirectory } from '../../support/temp-directory.ts'

const MINUTE_MS = 60_000

/** A file whose last call was `agoMs` before now. */
function called(agoMs: number) {
  const made = tempDirectory()
  onTestFinished(() => made.remove())
  const file = join(made.path, 'tried')
  const now = Date.now()
  isTimeAgain(file, MINUTE_MS, now)
  utimesSync(file, (now - agoMs) / 1000, (now - agoMs) / 1000)
  return { file, now }
}

test('the first call is in time, and leaves a file that others cannot read', () => {
  const made = tempDirectory()
  onTestFinished(() => made.remove())
  expect(isTimeAgain(join(made.path, 'state', 'tried'), MINUTE_MS, Date.now())).toBe(true)
  expect(readdirSync(join(made.path, 'state'))).toEqual(['tried'])
  expect(statSync(join(made.path, 'state', 'tried')).mode & 0o077).toBe(0)
})

test.each([
  ['too soon', 20_000, 0, false],
  ['after the interval', 61_000, 0, true],
  ['too soon, but for something that came after the last call', 20_000, 10_000, true],
  ['too soon for what was there at the last call', 20_000, 30_000, false],
  ['with a last call that lies in the future, as after a clock was set back', -20_000, 0, true],
])('%s', (_when, agoMs, newsAgoMs, wanted) => {
  const { file, now } = called(agoMs)
  expect(isTimeAgain(file, MINUTE_MS, now, newsAgoMs === 0 ? 0 : now - newsAgoMs)).toBe(wanted)
})
