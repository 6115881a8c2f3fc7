import { serveGoogle } from '../../client/served-gcp.ts'
import { FOR_GOOGLE } from '../renewing.ts'
import { servingFrom } from '../serving.ts'
import { onlyTarget } from './only-target.ts'
import type { Fast } from './types.ts'

/** `jit gcp-credential TARGET` and nothing else on the line. */
export const gcpCredential: Fast = async (rest, { host, installation, output }) => {
  const target = onlyTarget(rest)
  if (target === undefined) return false
  const serving = servingFrom(host, installation, { limits: FOR_GOOGLE })
  output.out(JSON.stringify(await serveGoogle(target, serving)))
  return true
}
