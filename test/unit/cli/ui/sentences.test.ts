import { describe, expect, test } from 'vitest'
import { bySentence } from '../../../../src/cli/ui/sentences.ts'

describe('a line that is wider than the terminal', () => {
  test.each<[string, string, number, readonly string[]]>([
    ['that fits stays', 'One. Two.', 9, ['One. Two.']],
    [
      'is broken between sentences, as few times as need be',
      'One a. Two b. Three c.',
      14,
      ['One a. Two b.', 'Three c.'],
    ],
    [
      'is broken between words where there is nothing to copy',
      'jit: denied by Dana today',
      14,
      ['jit: denied by', 'Dana today'],
    ],
    ['never within a command', 'It ended. Type: jit login --device', 12, ['It ended.', 'Type: jit login --device']],
    [
      'never within what a command says in quotes',
      'It waits. Refuse it: jit deny r_1 --reason "Not now. Ask Dana."',
      20,
      ['It waits.', 'Refuse it: jit deny r_1 --reason "Not now. Ask Dana."'],
    ],
    [
      'never within backticks',
      'Then type `make it. So there` and wait',
      12,
      ['Then type', '`make it. So there`', 'and wait'],
    ],
    [
      'within what has an apostrophe',
      "Dana's request. It isn't theirs. Wait.",
      20,
      ["Dana's request.", "It isn't theirs.", 'Wait.'],
    ],
    ['never within a path', 'In /home/alice/a b until then.', 12, ['In /home/alice/a b until then.']],
    [
      'keeps its indent',
      '     Come back: jit x. Take it back: jit y',
      30,
      ['     Come back: jit x.', '     Take it back: jit y'],
    ],
    ['counts no colours', '\u001b[1mbold\u001b[22m words', 10, ['\u001b[1mbold\u001b[22m words']],
  ])('%s', (_what, text, columns, lines) => {
    expect(bySentence(text, columns).split('\n')).toEqual(lines)
  })

  test('is broken for itself alone', () => {
    expect(bySentence('a\nOne a. Two b.\nb', 6)).toBe('a\nOne a.\nTwo b.\nb')
  })

  test('where nobody watches there is no width', () => {
    const text = 'One. Two. '.repeat(1000)
    expect(bySentence(text, Number.POSITIVE_INFINITY)).toBe(text)
  })
})
