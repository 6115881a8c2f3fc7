import { serveCredential } from '../../client/served-credential.ts'
import type { Fast } from './types.ts'

/** `jit credential-process TARGET` and nothing else on the line. */
export const credentialProcess: Fast = async ([target, ...more], { installation, output, clock }) => {
  if (target === undefined || more.length > 0 || target.startsWith('-')) return false
  const { leases, read } = installation
  output.out(JSON.stringify(serveCredential(target, { leases: () => leases.list(), read, clock })))
  return true
}
