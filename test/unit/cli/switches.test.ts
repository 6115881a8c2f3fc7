import { describe, expect, test } from 'vitest'
import { readSwitches } from '../../../src/cli/switches.ts'

describe('switches that count before the command line is parsed', () => {
  test.each([
    [['elevate', 'prod-db', '--workload', 'github'], 'github'],
    [['--workload=gitlab', 'elevate'], 'gitlab'],
    [['--workload', 'github', 'elevate', '--workload=off'], 'off'],
    [['exec', 'prod-db', '--', 'jit', '--workload', 'github'], undefined],
    [['elevate', '--workload'], undefined],
    [['elevate'], undefined],
  ])('%j', (argv, workload) => {
    expect(readSwitches(argv, {}).workload).toBe(workload)
  })
})
