import { JitError } from '../../base/errors.ts'
import { askService } from './token-service.ts'
import { tokenIn } from './token-shape.ts'
import type { TokenSource } from './types.ts'

const SERVICE = "Google's metadata server"
const HOST = 'GCE_METADATA_HOST'
const MARKS = [HOST, 'K_SERVICE', 'CLOUD_RUN_JOB']
/** The names and addresses under which it is reached (cloud.google.com, "About VM metadata"), and this machine's own for proxies of it. */
const LOCAL =
  /^(metadata(\.google\.internal)?|169\.254\.169\.254|\[fd20:ce::254\]|localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** VMs, Cloud Run, Cloud Build and GKE of Google Cloud. Plain http as Google has it, so only to a host that is not out on the network. */
export const google: TokenSource = {
  provider: 'google',
  name: 'Google Cloud',
  kind: 'machine',
  isHere: ({ env }) => MARKS.some((name) => (env[name] ?? '') !== ''),
  jobOf: ({ env }) => MARKS.map((name) => env[name] ?? ''),
  async fetch(deps, audience) {
    const host = deps.env[HOST] || 'metadata.google.internal'
    const address = `http://${host}/computeMetadata/v1/instance/service-accounts/default/identity`
    const url = URL.canParse(address) ? new URL(address) : undefined
    if (url === undefined || !LOCAL.test(url.hostname) || url.username !== '')
      throw new JitError('LOGIN_FAILED', `${HOST} names no metadata server.`, `Type: unset ${HOST}`)
    url.searchParams.set('audience', audience)
    url.searchParams.set('format', 'full')
    const headers = { 'metadata-flavor': 'Google' }
    const refused = 'The machine or service must run as a service account.'
    const asked = { method: 'GET', url, headers, service: SERVICE, refused, direct: true } as const
    return tokenIn(await askService(deps, asked), SERVICE)
  },
}
