import { join } from 'node:path'
import type { KubernetesCredential } from '../../../contract/credential.ts'
import type { SinkDeps } from './deps.ts'
import { entryAlone } from './entry-alone.ts'
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
  contents: async (delivery) => [tokenFile(delivery), await ownConfig(deps, delivery)],
  environment: (intent) => ({ KUBECONFIG: configPath(intent) }),
  usage: ({ target }) => [`jit exec ${target} -- kubectl get pods`],
  searched: () => [],
})

const configPath = ({ directory }: Intent): string => join(directory, 'kubeconfig')

async function ownConfig(deps: SinkDeps, delivery: Delivery<KubernetesCredential>): Promise<FileContent> {
  const content = kubeconfigContent(deps, { ...delivery, asDefault: true })
  const { kubeconfig } = await import('../formats/kubeconfig.ts')
  return entryAlone(kubeconfig, delivery, { content, secrets: [] })
}
