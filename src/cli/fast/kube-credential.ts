import { serveKubernetes } from '../../client/served-kubernetes.ts'
import { servingFrom, servingKubernetesFrom } from '../serving.ts'
import { onlyTarget } from './only-target.ts'
import type { Fast } from './types.ts'

/** `jit kube-credential TARGET` and nothing else on the line. */
export const kubeCredential: Fast = async (rest, { host, installation, output, env }) => {
  const target = onlyTarget(rest)
  if (target === undefined) return false
  const serving = servingKubernetesFrom(servingFrom(host, installation), env)
  output.out(JSON.stringify(await serveKubernetes(target, serving)))
  return true
}
