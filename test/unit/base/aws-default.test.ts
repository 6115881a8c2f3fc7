import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { insertDefault, keepsDefault, removeDefault } from '../../../src/base/aws-default.ts'
import { checkAwsIni, namesProfile } from '../../../src/base/aws-ini.ts'
import { findBlocks } from '../../../src/base/credentials-block.ts'

const ours = (lease: string): readonly string[] => [
  `aws_access_key_id = ASIA${lease}`,
  `aws_secret_access_key = secret-${lease}`,
  `x_jit_grant = ${lease}`,
]
const insert = (bytes: Buffer, lease: string): Buffer =>
  insertDefault(bytes, { lease, expiresAt: 9, lines: ours(lease) })
const defaultsOf = (bytes: Buffer): readonly string[] => {
  const check = checkAwsIni(bytes)
  if (!check.ok) throw new Error(`line ${check.line}: ${check.why}`)
  return check.sections.filter(({ name }) => namesProfile(name, 'default')).map(({ name }) => name)
}
const holderOf = (bytes: Buffer) => findBlocks(bytes).find(({ profile }) => profile === 'default')?.lease
const text = (bytes: Buffer): string => bytes.toString('latin1')

const header = fc.constantFrom(
  '[default]',
  '[profile default]',
  '[profile "default"]',
  '[default] # mine',
  '[other]',
  '[jit-x]',
)
const line = fc.constantFrom(
  'aws_access_key_id = AKIA',
  'region=eu-west-1',
  '# note',
  '',
  's3 =\n  max = 3',
  '; é',
  'output: text',
)
const file = fc
  .tuple(
    fc.uniqueArray(fc.tuple(header, fc.uniqueArray(line, { maxLength: 4 })), {
      selector: ([name]) => name.replace(/profile |"| #.*/g, ''),
      maxLength: 4,
    }),
    fc.constantFrom('\n', '\r\n'),
    fc.boolean(),
  )
  .map(([sections, eol, final]) => {
    const all = sections.flatMap(([name, lines]) => [name, ...lines]).join('\n')
    return Buffer.from(`${all}${final && all !== '' ? '\n' : ''}`.replaceAll('\n', eol))
  })

describe('a lease as the default profile', () => {
  test('any file comes back byte for byte, whichever order leases are made default and end in', () => {
    const leases = ['g_1', 'g_2', 'g_3', 'g_11']
    const order = fc.shuffledSubarray(leases, { minLength: 1 })
    fc.assert(
      fc.property(
        file,
        order.chain((made) => fc.tuple(fc.constant(made), fc.shuffledSubarray(made, { minLength: made.length }))),
        (bytes, [made, ended]) => {
          let now: Buffer = bytes
          for (const lease of made) now = insert(now, lease)
          expect(defaultsOf(now)).toHaveLength(1)
          expect(holderOf(now)).toBe(made.at(-1))
          const left = [...made]
          for (const lease of ended) {
            now = removeDefault(now, lease)
            left.splice(left.indexOf(lease), 1)
            expect(keepsDefault(now, lease)).toBe(false)
            expect(holderOf(now)).toBe(left.at(-1))
          }
          expect(text(now)).toBe(text(bytes))
        },
      ),
      { numRuns: 500 },
    )
  })

  test('the default of before is a profile that can be used meanwhile', () => {
    const bytes = Buffer.from('[default]\naws_access_key_id = AKIAUSER\n')
    expect(text(insert(bytes, 'g_1'))).toMatch(
      /^\[default-kept-by-jit-g_1\]\naws_access_key_id = AKIAUSER\n# >>> jit g_1 /,
    )
  })

  test('what others write into other sections meanwhile stays', () => {
    const before = '[default]\na = 1\n[x]\nb = 2\n'
    const between = text(insert(Buffer.from(before), 'g_1'))
      .replace('b = 2', 'b = 3\nc = 4')
      .replace('a = 1', 'a = 5')
    expect(text(removeDefault(Buffer.from(between), 'g_1'))).toBe('[default]\na = 5\n[x]\nb = 3\nc = 4\n')
  })

  test.each([
    ['a new setting', 'output = table', 'x_jit_grant', '[default]\nregion = r1\noutput = table\n[x]\n'],
    ['a nested one', 's3 =\n  max = 2', 'x_jit_grant', '[default]\nregion = r1\ns3 =\n  max = 2\n[x]\n'],
    ['a value that he had', 'region = r2', 'x_jit_grant', '[default]\nregion = r2\n[x]\n'],
  ])(
    '%s that a tool writes into our default becomes the user’s own: aws configure set',
    (_what, added, before, wanted) => {
      const now = text(insert(Buffer.from('[default]\nregion = r1\n[x]\n'), 'g_1'))
      const edited = Buffer.from(now.replace(before, `${added}\n${before}`))
      expect(text(removeDefault(edited, 'g_1'))).toBe(wanted)
    },
  )

  test('keys that somebody sets for the default while it is ours are not wiped with ours', () => {
    const now = text(insert(Buffer.from('[default]\naws_access_key_id = AKIAOLD\naws_secret_access_key = old'), 'g_1'))
    const edited = now.replace('ASIAg_1', 'AKIANEW').replace('secret-g_1', 'new')
    expect(text(removeDefault(Buffer.from(edited), 'g_1'))).toBe(
      '[default]\naws_access_key_id = AKIANEW\naws_secret_access_key = new',
    )
    const first = text(insert(Buffer.alloc(0), 'g_1')).replace('ASIAg_1', 'AKIANEW')
    expect(text(removeDefault(Buffer.from(first), 'g_1'))).toBe('[default]\naws_access_key_id = AKIANEW\n')
  })

  test('a tool that drops all comments takes nothing from the user', () => {
    const before = '[default]\naws_access_key_id = AKIAUSER\n[x]\nb = 2\n'
    const bare = text(insert(insert(Buffer.from(before), 'g_1'), 'g_2')).replace(/^#.*\n/gm, '')
    for (const order of [
      ['g_1', 'g_2'],
      ['g_2', 'g_1'],
    ]) {
      const now = order.reduce<Buffer>((bytes, lease) => removeDefault(bytes, lease), Buffer.from(bare))
      expect(text(now)).toBe(before)
    }
  })

  test('a default that the user has made meanwhile stays; his former one keeps its other name', () => {
    const now = text(insert(Buffer.from('[default]\na = 1\n'), 'g_1')).replace(/# >>> jit[^]*/, '[default]\na = 2\n')
    expect(text(removeDefault(Buffer.from(now), 'g_1'))).toBe(now)
  })

  test('a renewal changes the keys and not the order', () => {
    const [bytes, again] = [
      Buffer.from('[default]\r\na = 1'),
      { lease: 'g_1', expiresAt: 99, lines: ['aws_access_key_id = ASIANEXT', 'x_jit_grant = g_1'] },
    ]
    const both = insert(insert(bytes, 'g_1'), 'g_2')
    const renewed = insertDefault(both, again)
    expect(text(renewed)).toContain('[default-kept-by-jit-g_2]\r\naws_access_key_id = ASIANEXT\r\n')
    expect(text(renewed)).not.toContain('secret-g_1')
    expect(findBlocks(renewed).map(({ lease, expiresAt, profile }) => [lease, expiresAt, profile])).toEqual([
      ['g_1', 99, 'default-kept-by-jit-g_2'],
      ['g_2', 9, 'default'],
    ])
    expect(text(removeDefault(removeDefault(renewed, 'g_2'), 'g_1'))).toBe(text(bytes))
    expect(text(removeDefault(removeDefault(renewed, 'g_1'), 'g_2'))).toBe(text(bytes))
  })
})
