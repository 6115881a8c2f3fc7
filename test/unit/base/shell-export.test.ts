import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exportText, type Shell, shellNamed } from '../../../src/base/shell-export.ts'

const HOSTILE = [
  "'",
  "''",
  "it's",
  '"; touch /tmp/owned; "',
  '$(touch /tmp/owned)',
  '`touch /tmp/owned`',
  '\\',
  "\\'",
  'a\\',
  '$HOME',
  '${IFS}',
  '!!',
  '*',
  '~',
  '# no comment',
  ' lead and trail ',
  '-n',
  'line\nbreak',
  '\ttab',
  'é ☃ \u2019',
  '%PATH%',
  '&&',
  '',
]

/** What the shell itself exports to a child, after it has evaluated the text. */
function exported(shell: 'bash' | 'zsh' | 'fish', text: string, env: Readonly<Record<string, string>>) {
  const evaluate = shell === 'fish' ? 'eval (cat | string collect)' : 'eval "$(cat)"'
  const show = `${process.execPath} -p "JSON.stringify(process.env)"`
  const { status, stdout, stderr } = spawnSync(shell, ['-c', `${evaluate}\n${show}`], {
    input: text,
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', LC_ALL: 'C.UTF-8', ...env },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${shell} ended with ${status}: ${stderr}`)
  const seen: unknown = JSON.parse(stdout)
  return seen
}
const isInstalled = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0

describe.each(['bash', 'zsh', 'fish'] as const)('exports for a real %s', (shell) => {
  test.skipIf(!isInstalled(shell))('hostile values arrive as they are, and rivals are gone', () => {
    const set = Object.fromEntries(HOSTILE.map((value, index) => [`V${index}`, value]))
    const seen = exported(shell, exportText(shell, { set, unset: ['RIVAL', 'NEVER_SET'] }), {
      RIVAL: 'x',
      V0: 'old',
      KEPT: 'y',
    })
    expect(seen).toMatchObject({ ...set, KEPT: 'y' })
    expect(seen).not.toHaveProperty('RIVAL')
  })

  test.skipIf(!isInstalled(shell))('any text', () => {
    const value = fc.string({
      unit: fc.constantFrom(...Array.from('ab\'"\\$`!{}()[]<>|&;*?~#%^= \n\t\réü☃‘’')),
      maxLength: 12,
    })
    fc.assert(
      fc.property(fc.array(value, { minLength: 20, maxLength: 40 }), (values) => {
        const set = Object.fromEntries(values.map((each, index) => [`V${index}`, each]))
        expect(exported(shell, exportText(shell, { set, unset: [] }), {})).toMatchObject(set)
      }),
      { numRuns: 8 },
    )
  })
})

describe('exports for others', () => {
  const exports = { set: { AWS_PROFILE: 'jit-prod', ODD: "o'ne ‘two’" }, unset: ['AWS_ACCESS_KEY_ID'] }

  test('pwsh: single quotes, straight and curly, are doubled', () => {
    expect(exportText('pwsh', exports)).toBe(
      "Remove-Item Env:AWS_ACCESS_KEY_ID -ErrorAction SilentlyContinue\n$env:AWS_PROFILE = 'jit-prod'\n$env:ODD = 'o''ne ‘‘two’’'",
    )
  })

  test('json: null stands for a variable to be taken away', () => {
    expect(JSON.parse(exportText('json', exports))).toEqual({ AWS_ACCESS_KEY_ID: null, ...exports.set })
  })

  test('dotenv: plain values stand as they are, as docker wants them; what cannot be said is refused', () => {
    expect(exportText('dotenv', { set: { A: 'x/y+z==', B: 'a b' }, unset: ['C'] })).toBe("A=x/y+z==\nB='a b'")
    expect(() => exportText('dotenv', exports)).toThrow('ODD cannot be written')
    expect(() => exportText('dotenv', { set: { A: 'x\ny' }, unset: [] })).toThrow('A cannot be written')
  })

  test.each<[Shell]>([['bash'], ['fish'], ['pwsh'], ['json']])('%s: no name that is none, no NUL', (shell) => {
    for (const set of [{ 'A;rm -rf': 'x' }, { A: 'x\0y' }])
      expect(() => exportText(shell, { set, unset: [] })).toThrow('cannot be written')
  })
})

test.each([
  ['/bin/bash', 'linux', 'bash'],
  ['/usr/bin/dash', 'linux', 'bash'],
  ['/usr/local/bin/fish', 'darwin', 'fish'],
  ['C:\\Program Files\\PowerShell\\7\\pwsh.exe', 'win32', 'pwsh'],
  [undefined, 'win32', 'pwsh'],
  ['', 'linux', 'bash'],
  ['/usr/bin/nu', 'linux', undefined],
] as const)('SHELL=%s on %s speaks %s', (path, platform, shell) => {
  expect(shellNamed(path, platform)).toBe(shell)
})
