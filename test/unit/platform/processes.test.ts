import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assertProgram, isInstalled, runChild } from '../../../src/platform/processes.ts'

let home: string
const at = (name: string): string => join(home, name)

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'jit-programs-'))
  for (const directory of ['one', 'two', 'one/taken', 'two/taken']) mkdirSync(at(directory))
  for (const [name, mode] of [
    ['one/plain', 0o644],
    ['one/both', 0o644],
    ['two/both', 0o755],
    ['two/good', 0o755],
  ] as const) {
    writeFileSync(at(name), '#!/nowhere/interpreter\n')
    chmodSync(at(name), mode)
  }
})
afterAll(() => rmSync(home, { recursive: true }))

const env = () => ({ PATH: `${at('one')}:${at('nowhere')}:${at('two')}` })

describe.skipIf(process.platform === 'win32')('a program is judged before anybody is asked', () => {
  test.each(['good', 'both', 'two/good'])('%s can be started', (name) => {
    const file = name.includes('/') ? at(name) : name
    expect(() => assertProgram(file, env(), process.platform)).not.toThrow()
    expect(isInstalled(file, env(), process.platform)).toBe(true)
  })

  test.each<[string, () => string, string, RegExp]>([
    ['no such name', () => 'nothing', 'PROGRAM_MISSING', /^There is no program called nothing on PATH\.$/],
    ['no such file', () => at('two/none'), 'PROGRAM_MISSING', /^There is no program .*two\/none\.$/],
    ['nothing at all', () => '', 'PROGRAM_MISSING', /no program/],
    ['a file below a file', () => at('two/good/x'), 'PROGRAM_MISSING', /no program/],
    ['one that is not executable', () => 'plain', 'PROGRAM_UNUSABLE', /^plain is not executable for you\.$/],
    ['the same by its path', () => at('one/plain'), 'PROGRAM_UNUSABLE', /plain is not executable for you\.$/],
    ['a directory', () => at('one'), 'PROGRAM_UNUSABLE', /one is a directory\.$/],
    ['a directory on PATH', () => 'taken', 'PROGRAM_UNUSABLE', /^taken is a directory\.$/],
  ])('%s', (_what, file, code, message) => {
    expect(() => assertProgram(file(), env(), process.platform)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
    expect(isInstalled(file(), env(), process.platform)).toBe(false)
  })

  test('an interpreter that is not there is found at the start, and named as the cause', async () => {
    await expect(runChild({ file: at('two/good'), args: [], env: {} })).rejects.toMatchObject({
      code: 'PROGRAM_UNUSABLE',
      message: expect.stringMatching(/two\/good could not be started: the interpreter .* \(ENOENT\)\.$/),
    })
  })
})
