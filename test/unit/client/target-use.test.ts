import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { forgetTargetUses, targetUses } from '../../../src/client/target-use.ts'
import { nodeFileSystem } from '../../../src/platform/files.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { TempHome } from '../../support/temp-home.ts'

const HERE = 'https://jit.example'
const DAY = 24 * 3_600_000

function counting(home: TempHome) {
  const clock = new FakeClock()
  const uses = targetUses(nodeFileSystem, clock, home.stateDir)
  const order = (...names: readonly string[]) => names.toSorted((a, b) => uses.of(HERE, b) - uses.of(HERE, a))
  return { clock, uses, order, file: join(home.stateDir, 'target-uses') }
}

describe('what somebody uses most', () => {
  test('is counted for each endpoint, and kept by the next process', () => {
    using home = new TempHome()
    const { uses } = counting(home)
    uses.count(HERE, ['logs', 'prod-db'])
    uses.count(HERE, ['logs'])
    uses.count('https://other.example', ['staging-db'])
    const { order, uses: later, file } = counting(home)
    expect(order('prod-db', 'staging-db', 'logs')).toEqual(['logs', 'prod-db', 'staging-db'])
    expect(later.of(HERE, 'staging-db')).toBe(0)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('gives way with time: twice last month is less than once today', () => {
    using home = new TempHome()
    const { uses, clock, order } = counting(home)
    uses.count(HERE, ['logs'])
    uses.count(HERE, ['logs'])
    clock.advance(30 * DAY)
    uses.count(HERE, ['prod-db'])
    expect(order('logs', 'prod-db')).toEqual(['prod-db', 'logs'])
  })

  test('stays small: what is used least goes', () => {
    using home = new TempHome()
    const { uses, file } = counting(home)
    uses.count(HERE, ['often'])
    uses.count(HERE, ['often'])
    for (let i = 0; i < 300; i++) uses.count(HERE, [`once-${i}`])
    expect(uses.of(HERE, 'often')).toBeGreaterThan(0)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveLength(200)
  })

  test.each(['', '{', '[{"endpoint":"https://jit.example","target":"$(id)","milli":1000,"at":0}]'])(
    'a file that holds %j counts from nothing',
    (text) => {
      using home = new TempHome()
      const { uses, file } = counting(home)
      uses.count(HERE, ['logs'])
      writeFileSync(file, text)
      expect([uses.of(HERE, 'logs'), uses.of(HERE, '$(id)')]).toEqual([0, 0])
      uses.count(HERE, ['logs'])
      expect(uses.of(HERE, 'logs')).toBeGreaterThan(0)
    },
  )

  test('is forgotten at logout; where it cannot be written, nothing is amiss', () => {
    using home = new TempHome()
    const { uses } = counting(home)
    uses.count(HERE, ['logs'])
    forgetTargetUses(nodeFileSystem, home.stateDir)
    expect(uses.of(HERE, 'logs')).toBe(0)
    writeFileSync(join(home.root, 'file'), '')
    const nowhere = targetUses(nodeFileSystem, new FakeClock(), join(home.root, 'file', 'state'))
    expect(() => nowhere.count(HERE, ['logs'])).not.toThrow()
  })
})
