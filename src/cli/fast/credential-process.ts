import { serveCredential } from '../../client/served-credential.ts'
import { servingFrom } from '../serving.ts'
import type { Fast } from './types.ts'

/** `jit credential-process TARGET` and nothing else on the line. */
export const credentialProcess: Fast = async ([target, ...more], { installation, output }) => {
  if (target === undefined || more.length > 0 || target.startsWith('-')) return false
  output.out(JSON.stringify(await serveCredential(target, servingFrom(installation))))
  return true
}
