import type { KubernetesCredential } from '../../../contract/credential.ts'
import type { SinkDeps } from './deps.ts'
import { kubernetesContext } from './kubernetes-context.ts'
import type { CloudSink } from './types.ts'

/** The token lies on disk encrypted only; its key is in the key store. */
export const kubernetesProcess = (deps: SinkDeps): CloudSink<KubernetesCredential> =>
  kubernetesContext(deps, 'process', 'sealed')
