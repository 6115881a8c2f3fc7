import { isAuthorized, policyToJson } from '@cedar-policy/cedar-wasm/nodejs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { knowledgeOf } from '../../../../src/server/policy/approvers.ts'
import { circumstances, targetEntity, callerEntity } from '../../../../src/server/policy/circumstances.ts'
import { foresee } from '../../../../src/server/policy/foresight.ts'
import { caller, facts, ISSUER, target } from '../../../support/policy.ts'

const leaf = fc.constantFrom(
  'resource.labels.contains("env=prod")',
  'resource.labels.containsAny(["env=dev", "pci"])',
  'resource.labels.containsAll(["env=prod", "pci"])',
  'resource.clouds.contains("aws")',
  'resource == Target::"prod-db"',
  'resource != Target::"other"',
  '[Target::"prod-db", Target::"x"].contains(resource)',
  'context.durationSeconds <= 3600',
  '3600 < context.durationSeconds',
  'resource.maxDurationSeconds >= context.durationSeconds',
  '(context has ticket && context.ticket == "OPS-1")',
  'context has ticket',
  'context.requester.subject == "ana"',
  'context.requester.issuer != principal.issuer',
  'context.flow == "device"',
  'context has acr',
  'principal in Group::"sre"',
  'context.hour < 12',
  'resource.labels == ["env=prod"]',
  'if context.hour < 12 then true else false',
  'resource.labels.isEmpty()',
  'true',
  'false',
)
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('expression').map((inner) => `!(${inner})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('&&', '||'), tie('expression'))
      .map(([a, op, b]) => `((${a}) ${op} (${b}))`),
  ),
}))

function conditionsOf(text: string) {
  const answer = policyToJson(text)
  if (answer.type === 'failure') throw new Error(`${text}: ${answer.errors[0]?.message}`)
  return answer.json.conditions
}

describe('foresight', () => {
  test('never contradicts what Cedar decides later', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('when', 'unless'), expression), { maxLength: 2 }),
        fc.subarray(['env=prod', 'env=dev', 'pci']),
        fc.constantFrom(60, 3600, 3601),
        fc.option(fc.constantFrom('OPS-1', 'OPS-2'), { nil: undefined }),
        fc.constantFrom('ana', 'eve'),
        fc.boolean(),
        (clauses, labels, seconds, ticket, subject, device) => {
          const text = `permit(principal, action, resource) ${clauses.map(([kind, body]) => `${kind} { ${body} }`).join(' ')};`
          const about = target('prod-db', { labels })
          const asked = {
            requester: { issuer: ISSUER, subject },
            facts: facts(seconds, ticket === undefined ? {} : { ticket }),
          }
          const approver = caller('sam', ['sre'], device ? { flow: 'device', acr: 'gold' } : {})
          const answer = isAuthorized({
            principal: { type: 'User', id: `${ISSUER}#sam` },
            action: { type: 'Action', id: 'approve' },
            resource: { type: 'Target', id: 'prod-db' },
            context: { ...circumstances(approver, asked.facts), requester: asked.requester },
            policies: { staticPolicies: text },
            entities: [callerEntity(approver, new Set(['sre'])), targetEntity(about)],
          })
          const applied = answer.type === 'success' && answer.response.decision === 'allow'
          const foreseen = [knowledgeOf(about), knowledgeOf(about, asked)].map((known) =>
            foresee(conditionsOf(text), known),
          )
          expect(foreseen.filter((each) => each === !applied)).toEqual([])
        },
      ),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['when { resource.labels.contains("env=dev") && context.hour < 12 }', false],
    ['when { resource.labels.contains("env=prod") || context.hour < 12 }', true],
    ['unless { context.durationSeconds > 3600 }', true],
    ['when { context.hour < 12 }', undefined],
    ['when { context has ticket }', false],
    ['', true],
  ])('knows that "%s" is %s', (clauses, expected) => {
    const asked = { requester: { issuer: ISSUER, subject: 'ana' }, facts: facts(60) }
    expect(foresee(conditionsOf(`permit(principal, action, resource) ${clauses};`), knowledgeOf(target(), asked))).toBe(
      expected,
    )
  })
})
