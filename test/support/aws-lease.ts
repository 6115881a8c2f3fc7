import { join } from 'node:path'
import { createLeasing, type Leasing } from '../../src/client/leasing.ts'
import type { NewLease } from '../../src/client/leases/types.ts'
import type { Delivery } from '../../src/client/sinks/types.ts'
import type { Clock } from '../../src/platform/clock.ts'
import { type FileSystem, nodeFileSystem } from '../../src/platform/files.ts'
import type { TempHome } from './temp-home.ts'

export const SECRETS = [
  'ASIAEXAMPLEKEYID0001',
  'SECRETwJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLE',
  'TOKENIQoJb3JpZ2luX2VjEXAMPLE==',
]

export function awsDelivery(profile: string, grant: string, mark = ''): Delivery {
  const [accessKeyId = '', secretAccessKey = '', sessionToken = ''] = SECRETS
  return {
    cloud: 'aws',
    profile,
    grant,
    credential: {
      cloud: 'aws',
      accessKeyId: accessKeyId + mark,
      secretAccessKey: secretAccessKey + mark,
      sessionToken: mark + sessionToken,
      expiration: '2099-01-01T01:00:00Z',
      notAfter: '2099-01-01T00:30:00Z',
      roleArn: 'arn:aws:iam::123456789012:role/admin',
      sessionArn: 'arn:aws:sts::123456789012:assumed-role/admin/jit',
      region: 'eu-west-1',
    },
  }
}

export const newLease = (clock: Clock, id = 'g_1', target = 'prod-db', ttlMs = 3_600_000): NewLease => ({
  id,
  target,
  endpoint: 'https://jit.corp.example',
  cloud: 'aws',
  deliver: 'files',
  profile: `jit-${target}`,
  role: 'arn:aws:iam::123456789012:role/admin',
  endsAt: clock.now() + ttlMs,
})

export const leasingIn = (
  home: TempHome,
  clock: Clock,
  fs: FileSystem = nodeFileSystem,
  env: Readonly<Record<string, string>> = {},
): Leasing =>
  createLeasing({
    fs,
    clock,
    env,
    home: home.home,
    uid: process.getuid?.() ?? 0,
    root: join(home.stateDir, 'm1'),
  })
