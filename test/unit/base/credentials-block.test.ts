import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { appendBlock, findBlocks, graftBlocks, removeBlocks } from '../../../src/base/credentials-block.ts'
import { endOfLine } from '../../../src/base/lines.ts'

const block = (lease: string, profile = `jit-${lease}`) => ({
  lease,
  expiresAt: 1_800_000_000,
  lines: [
    `[${profile}]`,
    'aws_access_key_id = ASIA1',
    'aws_secret_access_key = s3cr3t',
    'aws_session_token = t0k3n==',
    'x_security_token_expires = 2027-01-15T08:00:00Z',
    `x_jit_grant = ${lease}`,
  ],
})
const without = (bytes: Buffer, lease: string): Buffer => removeBlocks(bytes, (each) => each.lease === lease)
const RUNS = Number(process.env['FC_RUNS'] ?? 3000)

const line = fc.oneof(
  fc.constantFrom(
    '[default]',
    '[work]',
    '[my.org]',
    '[ odd "name" ]',
    'aws_access_key_id = A',
    's3 =',
    '  max = 1',
    '',
  ),
  fc.constantFrom('# comment', '; jit', '# <<< jit', 'k=v # >>>', '\t', 'é = ü', '\ufefflate = 1', 'a\rb = 1'),
  fc.string({ maxLength: 30 }),
)
const ended = fc.tuple(line, fc.constantFrom('\n', '\r\n')).map(([text, eol]) => text.replaceAll('\n', '') + eol)
const text = fc
  .tuple(fc.array(ended, { maxLength: 8 }), fc.option(line, { nil: '' }))
  .map(([lines, last]) => Buffer.from(lines.join('') + last.replaceAll('\n', '')))

type Step =
  | { readonly do: 'insert' }
  | { readonly do: 'remove'; readonly which: number }
  | { readonly do: 'append' | 'prepend'; readonly text: Buffer }
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'insert' }) },
  { weight: 2, arbitrary: fc.nat(5).map<Step>((which) => ({ do: 'remove', which })) },
  { weight: 1, arbitrary: text.map<Step>((text) => ({ do: 'append', text })) },
  {
    weight: 1,
    arbitrary: fc.array(ended).map<Step>((lines) => ({ do: 'prepend', text: Buffer.from(lines.join('')) })),
  },
)

const endsLine = (bytes: Buffer): boolean => bytes.length === 0 || bytes.at(-1) === 10

/** Plays the steps on a file, and beside it on what the file would be had jit never been there. */
function play(original: Buffer, steps: readonly Step[]): { file: Buffer; user: Buffer } {
  let file = original
  let user = original
  let glue = '\n'
  const leases: string[] = []
  for (const [index, at] of steps.entries())
    if (at.do === 'insert') {
      if (!endsLine(file)) glue = endOfLine(file)
      file = appendBlock(file, block(`g_${index}`))
      leases.push(`g_${index}`)
    } else if (at.do === 'remove') {
      const [lease] = leases.splice(at.which % Math.max(1, leases.length), 1)
      if (lease !== undefined) file = without(file, lease)
    } else if (at.do === 'prepend') {
      file = Buffer.concat([at.text, file])
      user = Buffer.concat([at.text, user])
    } else if (at.text.length > 0) {
      // As `aws configure set` appends: on a line of its own. Where the last line got its end from us, that end is the user's now.
      user = Buffer.concat([user, Buffer.from(endsLine(user) ? '' : endsLine(file) ? glue : '\n'), at.text])
      file = Buffer.concat([file, Buffer.from(endsLine(file) ? '' : '\n'), at.text])
    }
  for (const lease of leases) file = without(file, lease)
  return { file, user }
}

describe('a block in a credentials file', () => {
  test('comes off in any order, whatever others wrote around it, and leaves exactly the bytes of others', () => {
    fc.assert(
      fc.property(text, fc.array(step, { minLength: 1, maxLength: 12 }), (original, steps) => {
        const { file, user } = play(original, steps)
        expect(file.toString('latin1')).toBe(user.toString('latin1'))
      }),
      { numRuns: RUNS },
    )
  })

  test('adds only bytes after those that were there', () => {
    fc.assert(
      fc.property(text, (original) => {
        expect(appendBlock(original, block('g_1')).subarray(0, original.length).equals(original)).toBe(true)
      }),
      { numRuns: RUNS },
    )
  })

  test.each([
    ['nothing', '', '\n', 0],
    ['a final newline', '[a]\n', '\n', 0],
    ['no final newline', '[a]', '\n', 1],
    ['CRLF', '[a]\r\n', '\r\n', 0],
    ['CRLF and no final newline', '[a]\r\nk = v', '\r\n', 2],
    ['mixed ends: the last one counts', '[a]\r\nk = v\nl = w', '\n', 1],
  ])('follows the end of line of a file with %s', (_name, original, eol, glued) => {
    const inserted = appendBlock(Buffer.from(original), block('g_1')).toString()
    expect(inserted).toBe(
      original +
        (glued > 0 ? eol : '') +
        [`# >>> jit g_1 exp=1800000000 nl=${glued} >>>`, ...block('g_1').lines, '# <<< jit g_1 <<<', ''].join(eol),
    )
  })

  test('comes off after a program has rewritten every end of line', () => {
    const original = '[a]\r\nk = v'
    const rewritten = appendBlock(Buffer.from(original), block('g_1')).toString().replaceAll('\r\n', '\n')
    expect(without(Buffer.from(rewritten), 'g_1').toString()).toBe('[a]\nk = v')
  })

  test('gives back the keys that `aws configure set` puts behind our first marker', () => {
    const file = appendBlock(Buffer.from('[work]\nregion = a\n'), block('g_1')).toString()
    const edited = file.replace(' >>>\n', ' >>>\noutput = json\n')
    expect(without(Buffer.from(edited), 'g_1').toString()).toBe('[work]\nregion = a\noutput = json\n')
  })

  test('gives back a section that somebody put inside', () => {
    const edited = appendBlock(Buffer.from('[a]\n'), block('g_1')).toString().replace('# <<<', '[new]\nk = v\n# <<<')
    expect(without(Buffer.from(edited), 'g_1').toString()).toBe('[a]\n[new]\nk = v\n')
  })

  test.each([1, 2, 10, 40, 60, 120, 150, 230])('torn %i bytes before its end it still comes off', (missing) => {
    const whole = appendBlock(Buffer.from('[a]\nk = v'), block('g_1'))
    expect(without(whole.subarray(0, whole.length - missing), 'g_1').toString()).toBe('[a]\nk = v')
  })

  test('shows where its secrets lie, so that they can be blanked and nothing else', () => {
    const file = appendBlock(Buffer.from('[a]\naws_secret_access_key = mine\n'), block('g_1'))
    for (const { secrets } of findBlocks(file)) for (const { start, end } of secrets) file.fill(' ', start, end)
    expect(file.toString()).not.toMatch(/s3cr3t|t0k3n|ASIA1/)
    expect(file.toString()).toContain('aws_secret_access_key = mine')
    expect(without(file, 'g_1').toString()).toBe('[a]\naws_secret_access_key = mine\n')
  })

  test('knows lease, expiry and profile of each', () => {
    const file = appendBlock(appendBlock(Buffer.alloc(0), block('g_1', 'p')), block('g_2'))
    expect(findBlocks(file)).toMatchObject([
      { lease: 'g_1', expiresAt: 1_800_000_000, profile: 'p' },
      { lease: 'g_2', profile: 'jit-g_2' },
    ])
  })
})

describe('what a foreign program has newly written', () => {
  test('gets the blocks that count now and loses those that are over', () => {
    const before = appendBlock(Buffer.from('[a]\n'), block('g_over'))
    const current = appendBlock(Buffer.from('[a]\n'), block('g_live'))
    const theirs = Buffer.from(before.toString().replace('[a]\n', '[a]\nnew = 1\n'))
    const merged = graftBlocks(theirs, current)
    expect(findBlocks(merged).map(({ lease }) => lease)).toEqual(['g_live'])
    expect(removeBlocks(merged, () => true).toString()).toBe('[a]\nnew = 1\n')
    expect(merged.toString()).toContain(block('g_live').lines.join('\n'))
  })
})
