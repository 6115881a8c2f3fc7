import { join } from 'node:path'
import { LEASE_VARIABLE } from '../../../base/kubernetes-token.ts'
import type { KubernetesCredential } from '../../../contract/credential.ts'
import type { SinkDeps } from './deps.ts'
import { assertSafeNames, kubeconfigEntry, tokenFile, tokenPath } from './kubernetes-content.ts'
import type { CloudSink, Delivery, FileContent, Intent } from './types.ts'

/** A kubeconfig of the lease's own, which the user's files know nothing of. */
export const kubernetesIsolated = (deps: SinkDeps): CloudSink<KubernetesCredential> => ({
  cloud: 'kubernetes',
  mode: 'isolated',
  plan: (intent) => {
    assertSafeNames(intent)
    return [
      { kind: 'own', path: tokenPath(intent) },
      { kind: 'own', path: ownConfigPath(intent) },
    ]
  },
  contents: (delivery) => [tokenFile(delivery), ownConfig(deps, delivery)],
  environment: (intent) => ({ KUBECONFIG: ownConfigPath(intent) }),
  usage: ({ target }) => [`jit exec ${target} -- kubectl get pods`],
  searched: () => [],
})

export const ownConfigPath = ({ directory }: Intent): string => join(directory, 'kubeconfig')

/** As JSON, which kubectl reads as well: for a file that is wholly ours no YAML has to be loaded. */
export function ownConfig(deps: SinkDeps, delivery: Delivery<KubernetesCredential>): FileContent {
  const { lease, profile: name, endsAt } = delivery
  const { cluster, context, user } = kubeconfigEntry(deps, delivery)
  const env = [{ name: LEASE_VARIABLE, value: `${lease} ${Math.ceil(endsAt / 1000)}` }]
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster }],
    contexts: [{ name, context }],
    users: [{ name, user: { exec: { ...user.exec, env } } }],
    'current-context': name,
  }
  return { content: `${JSON.stringify(config, null, 2)}\n`, secrets: [] }
}
