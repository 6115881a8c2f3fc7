import { JitError } from '../../base/errors.ts'
import { isProtected } from '../../base/protected-url.ts'
import { type Discovery, DISCOVERY_PATH, PROTOCOL_VERSION, readDiscovery } from '../../contract/discovery.ts'
import { type Http, HttpError } from '../../platform/http.ts'
import { readAnswer } from '../../platform/endpoint-transport.ts'
import { unreachable } from '../../platform/unreachable.ts'

const DISCOVERY_LIMIT_MS = 15_000

/** What was typed, as the endpoint's own URL: https (http only on this machine), no trailing slash, nothing that could hide another host. */
export function endpointUrl(typed: string): string {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new JitError(
      'USAGE',
      'That is no address of an approval endpoint.',
      'Type it like: jit login https://jit.corp.example',
    )
  if (!isProtected(url))
    throw new JitError(
      'USAGE',
      'An approval endpoint is reached over https only.',
      `Type: jit login https://${url.host}`,
    )
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** Reads the endpoint's discovery document, which must speak of the very address that was typed. */
export async function discover(http: Http, endpoint: string, signal?: AbortSignal): Promise<Discovery> {
  const answer = await http({
    method: 'GET',
    url: `${endpoint}${DISCOVERY_PATH}`,
    headers: { accept: 'application/json' },
    timeoutMs: DISCOVERY_LIMIT_MS,
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    throw error instanceof HttpError ? unreachable('ENDPOINT_UNREACHABLE', 'The approval endpoint', error) : error
  })
  if (answer.status === 404)
    throw new JitError(
      'ENDPOINT_INVALID',
      `There is no approval endpoint at ${endpoint}.`,
      'Ask the people who run it for its exact address.',
    )
  const discovery = readAnswer(answer, endpoint, readDiscovery)
  refuseNewer(discovery)
  refuseOther(discovery, endpoint)
  return discovery
}

function refuseNewer({ protocol, endpoint }: Discovery): void {
  if (protocol <= PROTOCOL_VERSION) return
  throw new JitError(
    'ENDPOINT_INVALID',
    `${new URL(endpoint).host} speaks protocol ${protocol}; this jit knows up to ${PROTOCOL_VERSION}.`,
    'Install a newer jit, then log in again.',
  )
}

function refuseOther(discovery: Discovery, endpoint: string): void {
  if (discovery.endpoint !== endpoint)
    throw new JitError(
      'ENDPOINT_INVALID',
      `The endpoint at ${endpoint} says that it is another one.`,
      'Ask the people who run it for its exact address.',
    )
  if (!URL.canParse(discovery.idp.issuer) || !isProtected(new URL(discovery.idp.issuer)))
    throw new JitError(
      'ENDPOINT_INVALID',
      `${new URL(endpoint).host} names an identity provider that is not reached over https.`,
      'Tell the people who run the endpoint.',
    )
}
