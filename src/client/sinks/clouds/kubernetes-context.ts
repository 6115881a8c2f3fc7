import type { KubernetesCredential } from '../../../contract/credential.ts'
import { refuseTakenInOthers, kubeconfigFile, kubeconfigFiles } from './kubeconfig-locations.ts'
import { assertSafeNames, kubeconfigContent, tokenFile, tokenPath } from './kubernetes-content.ts'
import { ownConfig, ownConfigPath } from './kubernetes-isolated.ts'
import type { SinkDeps } from './deps.ts'
import type { CloudSink } from './types.ts'

/**
 * A context in the user's kubeconfig, and the token in a file of the lease's own, which only the exec plugin reads; beside it a
 * kubeconfig with nothing else, for `jit exec` and `jit env`.
 */
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
      { kind: 'own', path: ownConfigPath(intent) },
    ]
  },
  contents: (delivery) => [
    tokenFile(delivery),
    { content: kubeconfigContent(deps, delivery), secrets: [] },
    ownConfig(deps, delivery),
  ],
  // No variable names a context, so a shell or a child that shall have this one gets the kubeconfig of its own.
  environment: (intent) => ({ KUBECONFIG: ownConfigPath(intent) }),
  usage: ({ profile, asDefault }) => [asDefault ? 'kubectl get pods' : `kubectl --context ${profile} get pods`],
  searched: () => kubeconfigFiles(deps).map((path) => ({ path, format: 'kubeconfig' })),
})
