import { spawnSync } from 'node:child_process'
import { Command } from 'commander'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jitPages } from '../../man/jit-pages.ts'
import { escaped, page, prose, section, title, verbatim } from '../../man/roff.ts'

const hasGroff = spawnSync('groff', ['--version']).error === undefined

/** As `man` shows it on a wide terminal, without its header and footer. */
function shown(roff: string): string {
  const args = ['-man', '-ww', '-Tutf8', '-P-cbou', '-rLL=1000n']
  const run = spawnSync('groff', args, { input: roff, encoding: 'utf8' })
  expect(run.stderr).toBe('')
  return run.stdout
}

describe('text that roff could take for its own', () => {
  test.each([
    ['.so /etc/passwd', '\\&.so /etc/passwd'],
    ["'br", '\\(aqbr'],
    ['one\n.two', 'one\n\\&.two'],
    ['C:\\new \\fB', 'C:\\(rsnew \\(rsfB'],
    ['--wait-timeout', '\\-\\-wait\\-timeout'],
    ['"$HOME" ~ ^ `x`', '\\(dq$HOME\\(dq \\(ti \\(ha \\(gax\\(ga'],
    ['endpoint’s…', 'endpoint\\[u2019]s\\[u2026]'],
  ])('%j is text', (text, roff) => {
    expect(escaped(text)).toBe(roff)
  })

  test('words to type are bold, and nothing between the marks is lost', () => {
    expect(prose('Type: `jit login -h`')).toBe('Type: \\fBjit login \\-h\\fP')
  })

  test.skipIf(!hasGroff)('comes out of groff as it went in, whatever it is', () => {
    const line = fc
      .string({ unit: fc.constantFrom(...'.\'\\-"`~^%#{}[]()$&@nfRB e0'.split('')), minLength: 1, maxLength: 40 })
      .map((text) => text.trim().replaceAll(/ +/g, ' '))
      .filter((text) => text !== '')
    fc.assert(
      fc.property(line, (text) => {
        const roff = page(title('t', '1'), section('NAME', 'a'), section('EXAMPLES', verbatim(text)))
        expect(
          shown(roff)
            .split('\n')
            .map((each) => each.trim()),
        ).toContain(text)
      }),
      { numRuns: 40 },
    )
  })
})

describe.skipIf(!hasGroff)('a page of a command', () => {
  const program = new Command('jit').description('A program.')
  program.commandsGroup('Access:')
  program.addCommand(
    new Command('get')
      .summary('get `it`')
      .description('.Gets what is asked for.')
      .argument('<what>', 'name, such as C:\\temp')
      .argument('[more...]', 'and others')
      .option('-f, --for <time>', "how long: '5m'")
      .option('--[no]odd [word]', 'odd')
      .addHelpText('after', '\nExamples:\n  $ jit get x --for 5m\n  .hidden\n\nMind the gap.'),
  )
  const pages = jitPages(program, '1.2.3', 'JIT_X  what\n.so it is')

  test('says all that the definition says', () => {
    const text = shown(pages.get('jit-get.1') ?? '').replaceAll(/\s+/g, ' ')
    for (const part of [
      'jit-get - get it',
      'jit get [options] what [more...]',
      '.Gets what is asked for.',
      'name, such as C:\\temp',
      "-f, --for time how long: '5m'",
      '$ jit get x --for 5m .hidden',
      'Mind the gap.',
      'JIT_FOR as --for',
      '130 interrupted by Ctrl-C',
    ])
      expect(text).toContain(part)
  })

  test('and that of the program leads to it', () => {
    const text = shown(pages.get('jit.1') ?? '').replaceAll(/\s+/g, ' ')
    for (const part of ['Access jit-get(1) get it', 'JIT_X what', '.so it is', '~/.config/jit/config.json'])
      expect(text).toContain(part)
  })
})
