import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../../../src/server/config/types.ts'
import { loadPolicy } from '../../../../src/server/policy/load.ts'
import { target } from '../../../support/policy.ts'

function faultsOf(...texts: string[]): readonly string[] {
  const files = texts.map((text, index) => ({ path: `${'abc'[index]}.cedar`, text }))
  try {
    loadPolicy({ files, targets: [target('prod-db')] })
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split('\n')
    throw error
  }
  return []
}

const ASK = 'permit(principal, action == Action::"request", resource)'
const APPROVE = 'permit(principal, action == Action::"approve", resource)'

describe('a mistake in a policy', () => {
  test.each([
    [
      'misspelt attribute',
      `@id("x")\n${ASK}\nwhen { context.durationSecond < 3 };`,
      'a.cedar:3: policy "x": attribute `durationSecond` in context for Action::"request" not found; did you mean `durationSeconds`.',
    ],
    [
      'misspelt label attribute',
      `@id("x") ${ASK} when { resource.lables.contains("a") };`,
      'a.cedar:1: policy "x": attribute `lables` on entity type `Target` not found; did you mean `labels`.',
    ],
    [
      'attribute of something else',
      `@id("x") ${ASK} when { resource.name == "prod-db" };`,
      'a.cedar:1: policy "x": attribute `name` on entity type `Target` not found; others have it, not this one.',
    ],
    [
      'optional attribute without has',
      `@id("x") ${ASK} when { context.acr == "a" };`,
      'a.cedar:1: policy "x": unable to guarantee safety of access to optional attribute `acr` in context for Action::"request"; try testing for the attribute\'s presence with `context has acr && ..`.',
    ],
    [
      'wrong type',
      `@id("x") ${ASK} when { context.flow == 3 };`,
      'a.cedar:1: policy "x": the types Long and String are not compatible; both operands to a `==` expression must have compatible types. Types must be exactly equal to be compatible.',
    ],
    [
      'requester outside approve',
      `@id("x") ${ASK} when { context.requester.subject == "a" };`,
      'a.cedar:1: policy "x": attribute `requester` in context for Action::"request" not found; known are',
    ],
    [
      'unknown action',
      '@id("x") permit(principal, action == Action::"requst", resource);',
      'a.cedar:1: policy "x": unrecognized action `Action::"requst"`; did you mean `Action::"request"`.',
    ],
    [
      'unknown type',
      '@id("x") permit(principal in Grup::"a", action == Action::"request", resource);',
      'a.cedar:1: policy "x": unrecognized entity type `Grup`; did you mean `Group`.',
    ],
    [
      'bad address range',
      `@id("x") ${ASK} when { context.address.isInRange(ip("10.0.0/8")) };`,
      'a.cedar:1: policy "x": error during extension function argument validation',
    ],
    [
      'policy that can never apply',
      '@id("x") forbid(principal == Target::"prod-db", action, resource);',
      'a.cedar:1: policy "x": it can never apply, whatever is requested.',
    ],
    [
      'unknown target in the scope',
      '@id("x") permit(principal, action, resource == Target::"prod-bd");',
      'a.cedar:1: policy "x": no target is called "prod-bd"; did you mean "prod-db".',
    ],
    [
      'unknown target in a condition',
      `@id("x") ${ASK} when { [Target::"other"].contains(resource) };`,
      'a.cedar:1: policy "x": no target is called "other".',
    ],
    [
      'person by another name',
      '@id("x") permit(principal == User::"ana@corp.example", action, resource);',
      'a.cedar:1: policy "x": User::"ana@corp.example" names nobody: expected "<issuer>#<subject>" as `jit whoami` shows them.',
    ],
    ['no id', `${ASK};`, 'a.cedar:1: this policy: expected an @id("…"), by which messages and the audit log name it.'],
    [
      'bad id',
      `@id("a b") ${ASK};`,
      'a.cedar:1: this policy: @id: expected letters, digits, dots, hyphens and underscores, at most 64, not "a b".',
    ],
    ['id without value', `@id ${ASK};`, 'a.cedar:1: this policy: @id: expected letters'],
    [
      'unknown annotation',
      `@id("x") @maxDuraton("1h") ${ASK};`,
      'a.cedar:1: policy "x": @maxDuraton is no annotation; did you mean @maxDuration.',
    ],
    [
      'annotation like a member of Object',
      `@id("x") @constructor("1h") ${ASK};`,
      'a.cedar:1: policy "x": @constructor is no annotation; known are @id, @quorum',
    ],
    [
      'quorum of nobody',
      `@id("x") @quorum("0") ${ASK};`,
      'a.cedar:1: policy "x": @quorum: expected a number of people from 1 to 9, not "0".',
    ],
    [
      'quorum on approve',
      `@id("x") @quorum("2") ${APPROVE};`,
      'a.cedar:1: policy "x": @quorum belongs on a policy for request.',
    ],
    [
      'duration without unit',
      `@id("x") @maxDuration("90") ${ASK};`,
      'a.cedar:1: policy "x": @maxDuration: expected a duration such as 90m, 1h30m, 5400s or PT1H30M, not "90".',
    ],
    [
      'unknown delivery',
      `@id("x") @deliver("mail") ${ASK};`,
      'a.cedar:1: policy "x": @deliver: expected one of files, process, isolated, not "mail".',
    ],
    [
      'limit on a forbid',
      `@id("x") @maxDuration("1h") ${ASK.replace('permit', 'forbid')};`,
      'a.cedar:1: policy "x": @maxDuration belongs on a permit.',
    ],
    ['why on a permit', `@id("x") @why("because") ${ASK};`, 'a.cedar:1: policy "x": @why belongs on a forbid.'],
    [
      'terminal codes in a text',
      `@id("x") @approvers("\u001b[2J") ${APPROVE};`,
      'a.cedar:1: policy "x": @approvers: expected a short plain text',
    ],
    [
      'template',
      '@id("x") permit(principal == ?principal, action, resource);',
      'a.cedar:1: this policy cannot be read: expected a static policy',
    ],
    ['syntax', `\n\n@id("x") ${ASK}\nwhen { 1 + };`, 'a.cedar:4: this policy cannot be read: unexpected token `}`'],
    ['no semicolon', `@id("x") ${ASK}`, 'a.cedar:1: this policy cannot be read: unexpected end of input; expected `;`'],
  ])('%s is named by file, line and policy', (_what, text, expected) => {
    const faults = faultsOf(text)
    expect(faults).toContainEqual(expect.stringContaining(expected))
  })

  test('does not hide the others: all come at once, in reading order', () => {
    const faults = faultsOf(
      `${ASK};\n@id("a") @quorum("x") ${ASK};`,
      `@id("b") ${ASK} when { 1 };\n@id("a") ${APPROVE};`,
    )
    expect(faults.map((fault) => /^\w\.cedar:\d/.exec(fault)?.[0])).toEqual([
      'a.cedar:1',
      'a.cedar:2',
      'b.cedar:1',
      'b.cedar:2',
    ])
    expect(faults[3]).toBe('b.cedar:2: policy "a": this @id is already taken in a.cedar:2.')
  })

  test('is no mistake where there is none', () => {
    expect(
      faultsOf(
        `@id("a") @quorum("9") @maxDuration("PT1H") @deliver("isolated") ${ASK};`,
        `@id("b") @approvers("DBA on call") ${APPROVE};`,
      ),
    ).toEqual([])
  })
})
