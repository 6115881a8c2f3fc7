import { serveCredential } from '../../client/served-credential.ts'
import { servingFrom } from '../serving.ts'
import { onlyTarget } from './only-target.ts'
import type { Fast } from './types.ts'

/** `jit credential-process TARGET` and nothing else on the line. */
export const credentialProcess: Fast = async (rest, { host, installation, output }) => {
  const target = onlyTarget(rest)
  if (target === undefined) return false
  output.out(JSON.stringify(await serveCredential(target, servingFrom(host, installation))))
  return true
}
