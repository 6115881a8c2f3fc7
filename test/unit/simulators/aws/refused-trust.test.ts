import { describe, expect, test } from 'vitest'
import { startAwsSimulator } from '../../../simulators/aws/simulator.ts'
import { ACCOUNT, awsAccount, roleArn, trustOf } from '../../../support/aws-account.ts'
import {
  assume,
  type Defect,
  testRefusals,
  type Row,
  startWorld,
  stopWorld,
  type Wire,
  type World,
} from './refusals.ts'

const NOT_AUTHORIZED: Wire = [403, 'AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity']
const OTHER_PROVIDER = { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/accounts.example` }
const WEB_IDENTITY = 'sts:AssumeRoleWithWebIdentity'

/** One role per way to trust, or not to. */
function roles(issuer: string): Parameters<typeof awsAccount>[1] {
  const host = issuer.replace('http://', '')
  const when = (Condition: Readonly<Record<string, unknown>>) => [trustOf(issuer, { Condition })]
  return {
    'no-tags': [trustOf(issuer, { Action: [WEB_IDENTITY, 'sts:SetSourceIdentity'] })],
    'no-source': [trustOf(issuer, { Action: [WEB_IDENTITY, 'sts:TagSession'] })],
    'other-provider': [trustOf(issuer, { Principal: OTHER_PROVIDER })],
    'denied-too': [trustOf(issuer), trustOf(issuer, { Effect: 'Deny' })],
    'other-sub': when({ StringEquals: { [`${host}:sub`]: 'jit:other' } }),
    'other-aud': when({ StringEquals: { [`${host}:aud`]: 'somebody else' } }),
    'needs-hwk': when({ 'ForAnyValue:StringEquals': { [`${host}:amr`]: ['hwk'] } }),
    'has-mfa': when({ 'ForAnyValue:StringEquals': { [`${host}:amr`]: ['hwk', 'mfa'] } }),
    'other-tag': when({ StringEquals: { 'aws:RequestTag/jit-target': 'other' } }),
    'same-tag': when({ StringEquals: { 'aws:RequestTag/jit-target': 'prod-db' } }),
    'fewer-tags': when({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['jit-grant'] } }),
    'fewer-transitive': when({ 'ForAllValues:StringEquals': { 'sts:TransitiveTagKeys': ['jit-grant'] } }),
    'other-source': when({ StringLike: { 'sts:SourceIdentity': '?*@elsewhere.example' } }),
    'same-source': when({ StringLike: { 'sts:SourceIdentity': '?*@corp.example' } }),
    'other-name': when({ StringLike: { 'sts:RoleSessionName': 'bob-*' } }),
  }
}
const start = (): Promise<World> => startWorld(roles)
const role = (name: string): Defect => ({ parameters: { RoleArn: roleArn(name) } })

const ROWS: readonly Row[] = [
  ['a role that is not there', role('absent'), NOT_AUTHORIZED],
  ['another sub than trusted', role('other-sub'), NOT_AUTHORIZED],
  ['another aud than trusted', role('other-aud'), NOT_AUTHORIZED],
  ['no trusted amr', role('needs-hwk'), NOT_AUTHORIZED],
  ['another tag than trusted', role('other-tag'), NOT_AUTHORIZED],
  ['more tags than trusted', role('fewer-tags'), NOT_AUTHORIZED],
  ['more transitive tags than trusted', role('fewer-transitive'), NOT_AUTHORIZED],
  ['another source identity than trusted', role('other-source'), NOT_AUTHORIZED],
  ['another session name than trusted', role('other-name'), NOT_AUTHORIZED],
  ['another provider than trusted', role('other-provider'), NOT_AUTHORIZED],
  ['a Deny beside the Allow', role('denied-too'), NOT_AUTHORIZED],
  ['tags without sts:TagSession', role('no-tags'), NOT_AUTHORIZED],
  ['a source identity without sts:SetSourceIdentity', role('no-source'), NOT_AUTHORIZED],
]
describe('a trust policy refuses', () => {
  testRefusals(ROWS, start)
})

describe('a trust policy admits', () => {
  const NO_TAGS = { 'https://aws.amazon.com/tags': undefined }
  const NO_SOURCE = { 'https://aws.amazon.com/source_identity': undefined }
  const FLAT = {
    ...NO_TAGS,
    'https://aws.amazon.com/tags/principal_tags/jit-target': 'prod-db',
    'https://aws.amazon.com/tags/transitive_tag_keys': ['jit-target'],
  }
  test.each<[string, Defect]>([
    ['one of several amr', role('has-mfa')],
    ['the same tag', role('same-tag')],
    ['the same tag in flat form', { ...role('same-tag'), claims: FLAT }],
    ['a matching source identity', role('same-source')],
    ['no tags where tagging is not allowed', { ...role('no-tags'), claims: NO_TAGS }],
    ['no source identity where setting it is not allowed', { ...role('no-source'), claims: NO_SOURCE }],
  ])('%s', async (_name, call) => {
    const world = await start()
    expect(await assume(world, call)).toMatchObject({ status: 200 })
    await stopWorld(world)
  })
})

describe('a simulator that could not judge does not start:', () => {
  const ISSUER = 'https://jit.corp.example'
  test.each([
    ['an unknown condition key', { StringEquals: { 'other.example:sub': 'x' } }, /key other\.example:sub/],
    ['a plain operator on many values', { StringEquals: { 'aws:TagKeys': 'x' } }, /can hold several values/],
    ['an unknown operator', { StringIs: { 'sts:RoleSessionName': 'x' } }, /Invalid Condition type : StringIs/],
  ])('%s in a trust policy', async (_name, Condition, message) => {
    const account = awsAccount(ISSUER, { odd: [trustOf(ISSUER, { Condition })] })
    await expect(startAwsSimulator(account)).rejects.toThrow(message)
  })
})
