import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkAwsIni, namesProfile } from '../../../src/base/aws-ini.ts'

const check = (text: string | Buffer) => checkAwsIni(Buffer.from(text))

describe('a file that the AWS tools can read', () => {
  test.each([
    ['nothing', ''],
    ['comments and blank lines', '# a\n\n; b\n'],
    ['CRLF without an end', '[a]\r\nk = v'],
    ['indented keys', '[a]\n  k = v\n  l = w\n'],
    ['a nested block', '[a]\ns3 =\n  max = 1\n  min = 2\nk = v\n'],
    ['odd names', '[my.org]\nk=v\n[ b ]\n["c d"]\n'],
    ['UTF-8', '[a]\nk = é\n'],
    ['DEFAULT twice', '[DEFAULT]\n[DEFAULT]\n'],
    ['key: value and upper case', '[a]\nKEY: v\n'],
  ])('%s', (_name, text) => {
    expect(check(text)).toMatchObject({ ok: true })
  })

  test('is told by its sections and keys', () => {
    expect(check('# x\n[a]\nK = 1\nl = 2\n[b c]\n')).toEqual({
      ok: true,
      sections: [
        { name: 'a', line: 2, keys: ['k', 'l'] },
        { name: 'b c', line: 5, keys: [] },
      ],
    })
  })
})

describe('a file that takes down every profile', () => {
  test.each<[string, string | Buffer, number]>([
    ['a byte order mark', '\ufeff[a]\n', 1],
    ['UTF-16', Buffer.from('\ufeff[a]\n', 'utf16le'), 1],
    ['a section twice', '[a]\nk = v\n[a]\n', 3],
    ['a key twice', '[a]\nk = v\nK = w\n', 3],
    ['a line without =', '[a]\nk = v\ngarbage\n', 3],
    ['a key before any section', 'k = v\n[a]\n', 1],
    ['a line with no key', '[a]\n= v\n', 2],
    ['Latin-1, in a comment too', Buffer.from('[a]\n# \xe9\n', 'latin1'), 2],
    ['NUL', '[a]\nk = \0\n', 2],
    ['garbage in a nested block', '[a]\ns3 =\n  max\n', 2],
  ])('%s', (_name, text, line) => {
    expect(check(text)).toMatchObject({ ok: false, line })
  })
})

test.each([
  ['jit', true],
  [' jit ', true],
  ['profile jit', true],
  ['profile "jit"', true],
  ["profile\t'jit'", true],
  ['"jit"', true],
  ['jit-2', false],
  ['profile', false],
  ['profile jit x', false],
])('[%s] means the profile jit: %s', (header, means) => {
  expect(namesProfile(header, 'jit')).toBe(means)
})

const ASK_BOTOCORE = `
import json, sys
from botocore.configloader import raw_config_parse
for path in sys.stdin.read().split():
    try:
        parsed = raw_config_parse(path)
        print(json.dumps([[name, sorted(keys)] for name, keys in parsed.items()]))
    except Exception as error:
        print('null')
`
const python = (input: string, program: string) =>
  spawnSync('python3', ['-c', program], { input, encoding: 'utf8', env: { ...process.env, PYTHONUTF8: '1' } })
const noBotocore = python('', 'import botocore.configloader').status !== 0

const SPACES = ['', ' ', '\t', '\u00a0', '\u2028', '\x1c', '\x85', '\ufeff', '\v']
const SIGNS = [
  '[a]',
  '[b]',
  '[profile "a"]',
  '[DEFAULT]',
  '[]',
  '[',
  ']',
  'k',
  'K',
  'l',
  's3',
  '=',
  ' = ',
  ':',
  'v',
  '# c',
  ';',
]
const token = fc.constantFrom(...SIGNS, ...SPACES)
const iniLine = fc
  .tuple(fc.constantFrom('', '', '', ' ', '  ', '\t', '\u00a0'), fc.array(token, { maxLength: 4 }))
  .map(([indent, tokens]) => indent + tokens.join(''))
const likely = fc.constantFrom('[a]', '[b]', 'k = v', 'l = w', 's3 =', '  m = 1', '  n', '', '# c', 'm: 1', '[c] # d ]')
const iniFile = fc
  .array(
    fc.tuple(fc.oneof({ weight: 3, arbitrary: likely }, iniLine), fc.constantFrom('\n', '\n', '\n', '\r\n', '\r')),
    {
      maxLength: 8,
    },
  )
  .map((lines) => lines.flat().join(''))

test.skipIf(noBotocore)('the check agrees with botocore on 3,000 files', { timeout: 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'jit-ini-'))
  try {
    const texts = fc.sample(iniFile, { numRuns: 3000, seed: 42 })
    const paths = texts.map((text, index) => {
      const path = join(directory, String(index))
      writeFileSync(path, text)
      return path
    })
    const answers = python(paths.join('\n'), ASK_BOTOCORE).stdout.trim().split('\n')
    const ours = texts.map((text) => {
      const result = check(text)
      return result.ok ? result.sections.map(({ name }) => name).toSorted() : null
    })
    const theirs = answers.map((answer) => {
      const parsed: unknown = JSON.parse(answer)
      return Array.isArray(parsed) ? parsed.map((section: readonly [string]) => section[0]).toSorted() : null
    })
    expect(theirs).toHaveLength(texts.length)
    expect(theirs.filter((answer) => answer !== null).length).toBeGreaterThan(300)
    const differing = texts.flatMap((text, i) =>
      JSON.stringify(ours[i]) === JSON.stringify(theirs[i]) ? [] : [{ text, ours: ours[i], theirs: theirs[i] }],
    )
    expect(differing).toEqual([])
  } finally {
    rmSync(directory, { recursive: true })
  }
})
