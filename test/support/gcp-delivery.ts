import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { SinkDeps } from '../../src/client/sinks/clouds/deps.ts'
import type { GcpDelivered } from '../../src/client/sinks/clouds/gcp.ts'
import type { CloudSink, Intent } from '../../src/client/sinks/clouds/types.ts'
import type { EntryDelivery } from '../../src/client/sinks/types.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import type { TempHome } from './temp-home.ts'

export const ENDS_AT = Date.parse('2026-11-21T12:30:00Z')
const COMMON = {
  cloud: 'gcp',
  project: 'prod-1',
  expiration: '2026-11-21T12:30:00Z',
  notAfter: '2026-11-21T12:30:00Z',
  accessTokenExpires: ENDS_AT,
} as const
export const FEDERATED = {
  ...COMMON,
  kind: 'federated',
  principal: 'alice%20b@corp.example',
  subjectToken: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl',
  audience: '//iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/jit/providers/jit',
  accessToken: 'ya29.federated-access-token',
} as const satisfies GcpDelivered
export const IMPERSONATED = {
  ...COMMON,
  kind: 'impersonated',
  principal: 'ro@prod-1.iam.gserviceaccount.com',
  accessToken: 'ya29.impersonated-access-token',
} as const satisfies GcpDelivered

export const sinkDeps = (home: TempHome): SinkDeps => ({
  fs: nodeFileSystem,
  env: {},
  home: home.home,
  program: ['/usr/bin/node', '/opt/jit/bin/jit.js'],
})

export const intentIn = (home: TempHome, lease = 'g_1'): Intent => ({
  lease,
  target: 'prod',
  profile: 'jit-prod',
  asDefault: false,
  directory: join(home.root, 'run/grants', `${lease}.${ENDS_AT / 1000}`),
})

export function put(path: string, content: string, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, content, { mode })
}

/** What the engines do with a plan, without their care: where only the words of a sink are of interest. */
export async function deliver(sink: CloudSink<GcpDelivered>, intent: Intent, credential: GcpDelivered): Promise<void> {
  const plan = await sink.plan(intent)
  const contents = await sink.contents({ ...intent, endsAt: ENDS_AT, credential })
  for (const [index, { kind, path }] of plan.entries()) {
    const content = contents[index]?.content
    if (content !== undefined) put(path, kind === 'sealed' ? 'sealed' : content)
  }
}

/** For `Leasing.write`, which has the engines. */
export const gcpDelivery = (credential: GcpDelivered, asDefault = false, profile = 'jit-prod'): EntryDelivery => ({
  cloud: 'gcp',
  profile,
  role: credential.principal,
  asDefault,
  validUntil: Date.parse(credential.notAfter),
  credential,
})

export const gcloudIn = (home: TempHome, ...path: string[]): string => join(home.home, '.config/gcloud', ...path)
