import { createLeasing, type Leasing } from '../../src/client/leasing.ts'
import type { NewLease } from '../../src/client/leases/types.ts'
import type { EntryDelivery, EntryIntent } from '../../src/client/sinks/types.ts'
import type { AwsCredential } from '../../src/contract/credential.ts'
import type { Clock } from '../../src/platform/clock.ts'
import type { FileSystem } from '../../src/platform/files.ts'
import { leasingDeps } from './leasing-deps.ts'
import type { TempHome } from './temp-home.ts'

export const SECRETS = [
  'ASIAEXAMPLEKEYID0001',
  'SECRETwJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLE',
  'TOKENIQoJb3JpZ2luX2VjEXAMPLE==',
]

export function awsCredential(mark = ''): AwsCredential {
  const [accessKeyId = '', secretAccessKey = '', sessionToken = ''] = SECRETS
  return {
    cloud: 'aws',
    accessKeyId: accessKeyId + mark,
    secretAccessKey: secretAccessKey + mark,
    sessionToken: mark + sessionToken,
    expiration: '2099-01-01T01:00:00Z',
    notAfter: '2099-01-01T00:30:00Z',
    roleArn: 'arn:aws:iam::123456789012:role/admin',
    sessionArn: 'arn:aws:sts::123456789012:assumed-role/admin/jit',
    region: 'eu-west-1',
  }
}

/** What a lease of one cloud gets. */
export function awsDelivery(profile: string, mark = ''): readonly EntryDelivery<AwsCredential>[] {
  const credential = awsCredential(mark)
  const validUntil = Date.parse(credential.notAfter)
  return [{ cloud: 'aws', profile, role: credential.roleArn, asDefault: false, validUntil, credential }]
}

export const awsIntent = (profile: string): readonly EntryIntent[] => [
  { cloud: 'aws', target: 'prod-db', profile, asDefault: false, deliver: 'files' },
]

export const newLease = (clock: Clock, id = 'g_1', target = 'prod-db', ttlMs = 3_600_000): NewLease => ({
  id,
  target,
  endpoint: 'https://jit.corp.example',
  deliver: 'files',
  endsAt: clock.now() + ttlMs,
})

export const leasingIn = (
  { home, stateDir }: TempHome,
  clock: Clock,
  fs?: FileSystem,
  env: Readonly<Record<string, string>> = {},
): Leasing => createLeasing(leasingDeps({ home, stateDir, clock, env, ...(fs === undefined ? {} : { fs }) }))
