import { serveFromFile } from '../../client/served-kubernetes.ts'
import type { Fast } from './types.ts'

/** `jit kube-credential TARGET` and nothing else on the line, where the token lies in a plain file. */
export const kubeCredential: Fast = async ([target, ...more], { installation, output, clock, env }) => {
  if (target === undefined || more.length > 0 || target.startsWith('-')) return false
  const { leases, read } = installation
  const served = serveFromFile(target, { leases: () => leases.list(), read, clock, env })
  if (served === undefined) return false
  output.out(JSON.stringify(served))
  return true
}
