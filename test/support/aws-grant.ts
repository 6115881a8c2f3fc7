import type { Issue } from '../../src/server/approvals/types.ts'
import type { AwsAccess, ConfiguredTarget } from '../../src/server/config/types.ts'
import type { Clouds } from '../../src/server/exchange/exchange.ts'
import type { Tokens } from '../../src/server/tokens/types.ts'
import { ACCOUNT, grantClaims, roleArn } from './aws-account.ts'
import type { Issuer } from './issuer.ts'

export const GRANT_ID = 'g_01hzy3v8k2m4n6p8q0r2s4t6v8'

/** Permission to sign for a grant of `seconds` that starts now. */
export function issueFor(seconds: number, nowMs: number): Issue {
  const grant = {
    id: GRANT_ID,
    requestId: 'r_1',
    target: 'prod-db',
    state: 'active',
    startsAt: new Date(nowMs).toISOString(),
    endsAt: new Date(nowMs + seconds * 1000).toISOString(),
  } as const
  const holder = { issuer: 'https://idp.corp.example', subject: '42', name: 'Alice', email: 'alice@corp.example' }
  return { grant, holder, leaf: 1, nowMs }
}

export const accessTo = (role: string, changes: Partial<AwsAccess> = {}): AwsAccess => ({
  roleArn: roleArn(role),
  account: ACCOUNT,
  region: 'eu-west-1',
  profile: 'jit-prod-db',
  maxSessionSeconds: 7200,
  ...changes,
})

export const targetFor = (aws: AwsAccess): ConfiguredTarget => ({
  name: 'prod-db',
  maxDurationSeconds: 3600,
  labels: [],
  renewEverySeconds: 3600,
  aws,
})

const refused = (): Promise<never> => Promise.reject(new Error('not in this test'))

/** Clouds of which only these are asked. */
export const cloudsOf = (some: Partial<Clouds>): Clouds => ({
  aws: refused,
  gcp: refused,
  azure: refused,
  kubernetes: refused,
  ...some,
})

/** Grant tokens signed by the loopback issuer. */
export const tokensOf = (issuer: Issuer): Pick<Tokens, 'awsGrantToken'> => ({
  awsGrantToken: ({ nowMs }, _access, audience) => issuer.sign(grantClaims(issuer.url, nowMs, { aud: audience })),
})
