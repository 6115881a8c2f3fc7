import type { KubernetesCredential } from '../../../contract/credential.ts'
import { refuseTakenInOthers, kubeconfigFile, kubeconfigFiles } from './kubeconfig-locations.ts'
import { assertSafeNames, kubeconfigContent, tokenFile, tokenPath } from './kubernetes-content.ts'
import type { SinkDeps } from './deps.ts'
import type { CloudSink } from './types.ts'

/** A context in the user's kubeconfig, and the token in a file of the lease's own, which only the exec plugin reads. */
export const kubernetesContext = (
  deps: SinkDeps,
  mode: 'files' | 'process',
  kind: 'own' | 'sealed',
): CloudSink<KubernetesCredential> => ({
  cloud: 'kubernetes',
  mode,
  plan: async (intent) => {
    assertSafeNames(intent)
    await refuseTakenInOthers(deps, intent)
    return [
      { kind, path: tokenPath(intent) },
      { kind: 'entry', path: kubeconfigFile(deps), format: 'kubeconfig' },
    ]
  },
  contents: (delivery) => [tokenFile(delivery), { content: kubeconfigContent(deps, delivery), secrets: [] }],
  environment: () => ({}),
  usage: ({ profile, asDefault }) => [asDefault ? 'kubectl get pods' : `kubectl --context ${profile} get pods`],
  searched: () => kubeconfigFiles(deps).map((path) => ({ path, format: 'kubeconfig' })),
})
