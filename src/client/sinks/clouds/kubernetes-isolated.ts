import { join } from 'node:path'
import type { KubernetesCredential } from '../../../contract/credential.ts'
import { kubeconfig } from '../formats/kubeconfig.ts'
import type { SinkDeps } from './deps.ts'
import { assertSafeNames, kubeconfigContent, tokenFile, tokenPath } from './kubernetes-content.ts'
import type { CloudSink, Delivery, FileContent, Intent } from './types.ts'

/** A kubeconfig of the lease's own, which the user's files know nothing of. */
export const kubernetesIsolated = (deps: SinkDeps): CloudSink<KubernetesCredential> => ({
  cloud: 'kubernetes',
  mode: 'isolated',
  plan: (intent) => {
    assertSafeNames(intent)
    return [
      { kind: 'own', path: tokenPath(intent) },
      { kind: 'own', path: configPath(intent) },
    ]
  },
  contents: (delivery) => [tokenFile(delivery), ownConfig(deps, delivery)],
  environment: (intent) => ({ KUBECONFIG: configPath(intent) }),
  usage: ({ target }) => [`jit exec ${target} -- kubectl get pods`],
  searched: () => [],
})

const configPath = ({ directory }: Intent): string => join(directory, 'kubeconfig')

function ownConfig(deps: SinkDeps, delivery: Delivery<KubernetesCredential>): FileContent {
  const { lease, profile, endsAt } = delivery
  const content = kubeconfigContent(deps, { ...delivery, asDefault: true })
  const entry = { lease, profile, expiresAt: Math.ceil(endsAt / 1000), content }
  return { content: kubeconfig.insert(Buffer.alloc(0), entry).toString(), secrets: [] }
}
