import type { EntryDelivery } from '../../src/client/sinks/types.ts'
import type { KubernetesCredential } from '../../src/contract/credential.ts'

export const KUBERNETES_TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm5lIn0.c2lnbmF0dXJl'

export function kubernetesDelivery(profile: string, mark = ''): EntryDelivery<KubernetesCredential> {
  const credential: KubernetesCredential = {
    cloud: 'kubernetes',
    expiration: '2099-01-01T01:00:00Z',
    notAfter: '2099-01-01T00:30:00Z',
    cluster: 'prod',
    server: 'https://k8s.example:6443',
    username: 'anne@corp.example',
    groups: ['jit:prod-db'],
    token: KUBERNETES_TOKEN + mark,
  }
  const validUntil = Date.parse(credential.notAfter)
  return { cloud: 'kubernetes', profile, role: 'jit:prod-db', asDefault: false, validUntil, credential }
}
