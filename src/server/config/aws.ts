import { z } from 'zod'
import { duration } from './durations.ts'
import { field, matching } from './field.ts'
import { profileName } from './profile-name.ts'
import type { AwsAccess, SessionStatement } from './types.ts'

const ROLE_ARN = /^arn:aws(?:-[a-z]+)*:iam::(\d{12}):role\/(?:[!-~]{1,510}\/)?[\w+=,.@-]{1,64}$/
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/
/** AWS takes 2,048 characters in all; the time fence and the denied ways out of it (`exchange/session-policy.ts`) need the rest. */
const MAX_POLICY_CHARACTERS = 1400
/** The characters that STS takes in a session policy. */
const POLICY_CHARACTERS = /^[\t\n\r\u0020-\u00ff]*$/
const STATEMENT_MEMBERS = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']

/** What the file says about a role, before the target's name fills in its profile. */
export const awsAccess = z.strictObject({
  role: field('a role ARN such as arn:aws:iam::123456789012:role/jit-prod-db', matching(ROLE_ARN)),
  region: field('a region such as eu-central-1', matching(REGION)),
  profile: profileName.optional(),
  maxSession: duration('1h', '12h').default(3600),
  sessionPolicy: field(
    `IAM statements with Effect, Action and Resource, at least one Allow, together at most ${MAX_POLICY_CHARACTERS} characters as JSON`,
    readStatements,
  ).optional(),
})

export function toAwsAccess(name: string, read: z.output<typeof awsAccess>): AwsAccess {
  const { role, region, profile, maxSession, sessionPolicy } = read
  return {
    roleArn: role,
    account: ROLE_ARN.exec(role)?.[1] ?? '',
    region,
    profile: profile ?? `jit-${name}`,
    maxSessionSeconds: maxSession,
    ...(sessionPolicy === undefined ? {} : { sessionPolicy }),
  }
}

/** A role of one AWS partition is unknown to the STS of another. */
export function partitionsDiffer(role: unknown, region: unknown): boolean {
  if (typeof role !== 'string' || typeof region !== 'string') return false
  const [, partition = ''] = role.split(':')
  return (
    partition.startsWith('aws-cn') !== region.startsWith('cn-') ||
    partition.startsWith('aws-us-gov') !== region.startsWith('us-gov-')
  )
}

function readStatements(value: unknown): readonly SessionStatement[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const statements = value.map(readStatement)
  const text = JSON.stringify(statements)
  if (text.length > MAX_POLICY_CHARACTERS || !POLICY_CHARACTERS.test(text)) return undefined
  const whole = statements.filter((each) => each !== undefined)
  return whole.length === value.length && whole.some((each) => each['Effect'] === 'Allow') ? whole : undefined
}

function readStatement(value: unknown): SessionStatement | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const statement: SessionStatement = Object.fromEntries(Object.entries(value))
  const { Effect, Action, NotAction, Resource, NotResource, Condition } = statement
  const fits =
    Object.keys(statement).every((key) => STATEMENT_MEMBERS.includes(key)) &&
    (Effect === 'Allow' || Effect === 'Deny') &&
    isExactlyOne(Action, NotAction) &&
    isExactlyOne(Resource, NotResource) &&
    (Condition === undefined || (typeof Condition === 'object' && Condition !== null && !Array.isArray(Condition)))
  return fits ? statement : undefined
}

const isExactlyOne = (one: unknown, other: unknown): boolean =>
  one === undefined ? isTexts(other) : other === undefined && isTexts(one)

function isTexts(value: unknown): boolean {
  const texts: unknown[] = Array.isArray(value) ? value : [value]
  return texts.length > 0 && texts.every((text) => typeof text === 'string' && text !== '')
}
