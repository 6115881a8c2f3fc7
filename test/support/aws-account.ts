import type { SimulatorOptions } from '../simulators/aws/config.ts'
import type { Claims } from './issuer.ts'

export const ACCOUNT = '123456789012'
export const AUDIENCE = 'sts.amazonaws.com'
export const SUBJECT = 'jit:prod-db'
export const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`

type Statement = Readonly<Record<string, unknown>>
export const policy = (...statements: readonly Statement[]) => ({ Version: '2012-10-17', Statement: statements })
export const ALLOW_ALL = { Effect: 'Allow', Action: '*', Resource: '*' } as const

/** The trust that `jit-endpoint trust aws` describes (clouds.md §2.8), with `changes` for what a test is about. */
export function trustOf(issuer: string, changes: Statement = {}): Statement {
  const host = issuer.replace(/^https?:\/\//, '')
  return {
    Effect: 'Allow',
    Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${host}` },
    Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity'],
    Condition: { StringEquals: { [`${host}:aud`]: AUDIENCE, [`${host}:sub`]: SUBJECT } },
    ...changes,
  }
}

/** An account that trusts `issuer`, with role `prod-db` and bucket `ledger`. `roles` adds others by name and trust statement. */
export function awsAccount(
  issuer: string,
  roles: Readonly<Record<string, readonly Statement[]>> = {},
  more: Partial<SimulatorOptions> = {},
): SimulatorOptions {
  const all = { 'prod-db': [trustOf(issuer)], ...roles }
  return {
    allowLoopbackIssuers: true,
    providers: [{ account: ACCOUNT, url: issuer, clientIds: [AUDIENCE] }],
    roles: Object.entries(all).map(([name, trust]) => ({
      account: ACCOUNT,
      name,
      maxSessionSeconds: 7200,
      trust: policy(...trust),
      policies: { admin: policy(ALLOW_ALL) },
    })),
    buckets: [{ account: ACCOUNT, name: 'ledger', objects: { 'q3.txt': 'numbers\n' } }],
    ...more,
  }
}

/** Claims of a grant token for `prod-db` (clouds.md §1). */
export function grantClaims(issuer: string, nowMs: number, changes: Claims = {}): Claims {
  const now = Math.floor(nowMs / 1000)
  return {
    iss: issuer,
    sub: SUBJECT,
    aud: AUDIENCE,
    jti: 'j-1',
    iat: now - 30,
    nbf: now - 30,
    exp: now + 120,
    amr: ['mfa'],
    'https://aws.amazon.com/source_identity': 'alice@corp.example',
    'https://aws.amazon.com/tags': {
      principal_tags: { 'jit-grant': ['g_1'], 'jit-target': ['prod-db'] },
      transitive_tag_keys: ['jit-grant', 'jit-target'],
    },
    ...changes,
  }
}
