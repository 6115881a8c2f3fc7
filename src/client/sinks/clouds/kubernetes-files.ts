import type { KubernetesCredential } from '../../../contract/credential.ts'
import type { SinkDeps } from './deps.ts'
import { kubernetesContext } from './kubernetes-context.ts'
import type { CloudSink } from './types.ts'

/** The token lies in a private file that goes with the lease. */
export const kubernetesFiles = (deps: SinkDeps): CloudSink<KubernetesCredential> =>
  kubernetesContext(deps, 'files', 'own')
