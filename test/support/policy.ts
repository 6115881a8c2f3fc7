import type { Caller } from '../../src/server/approvals/types.ts'
import type { ConfiguredTarget } from '../../src/server/config/types.ts'
import type { Facts } from '../../src/server/policy/types.ts'

export const ISSUER = 'https://idp.corp.example'

export function caller(subject: string, groups: readonly string[] = [], more: Partial<Caller> = {}): Caller {
  return {
    person: { issuer: ISSUER, subject, name: subject, email: `${subject}@corp.example` },
    groups,
    flow: 'browser',
    amr: ['pwd', 'mfa'],
    jkt: 'thumbprint',
    address: '10.1.2.3',
    ...more,
  }
}

export function target(name = 'prod-db', more: Partial<ConfiguredTarget> = {}): ConfiguredTarget {
  return {
    name,
    maxDurationSeconds: 8 * 3600,
    labels: ['env=prod'],
    renewEverySeconds: 3600,
    aws: {
      roleArn: `arn:aws:iam::123456789012:role/jit-${name}`,
      account: '123456789012',
      region: 'eu-central-1',
      profile: `jit-${name}`,
      maxSessionSeconds: 3600,
    },
    ...more,
  }
}

/** A Saturday, 2026-11-21T23:30:00Z. */
export const SATURDAY_NIGHT = Date.UTC(2026, 10, 21, 23, 30)

export function facts(durationSeconds: number, more: Partial<Facts> = {}): Facts {
  return { durationSeconds, nowMs: SATURDAY_NIGHT, reason: 'slow query', ...more }
}
