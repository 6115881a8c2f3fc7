import type { JitError } from '../../base/errors.ts'
import { note, ok, problemOf } from './finding.ts'
import type { Check } from './types.ts'

/** What one question to the endpoint told, without a login. `offsetMs`: this machine's clock minus the endpoint's. */
export type Probe =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'answered'; readonly endpoint: string; readonly throughProxy: boolean; readonly offsetMs?: number }
  | { readonly kind: 'failed'; readonly error: JitError; readonly offsetMs?: number }

export const endpointCheck = (probe: () => Promise<Probe>): Check => ({
  name: 'endpoint',
  look: async () => {
    const found = await probe()
    if (found.kind === 'unknown') return [note('No approval endpoint is known yet.', 'jit login ENDPOINT_URL')]
    if (found.kind === 'failed') return [problemOf(found.error)]
    return [ok(`${found.endpoint} answers${found.throughProxy ? ', with the proxy settings of the environment' : ''}.`)]
  },
})
