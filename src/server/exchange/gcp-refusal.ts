import { Refusal } from '../refusal.ts'
import type { LastCall } from './guarded-http.ts'
import { withoutSecrets } from './without-secrets.ts'

const TRUST = 'Compare with: jit-endpoint trust gcp'
/** What an administrator can do about each error, of STS (RFC 8693 §2.2.2) and of `generateAccessToken` (google.rpc.Code). */
const HINTS: Readonly<Record<string, string>> = {
  invalid_grant: `Google did not take the grant token: issuer, audience, keys or the endpoint's clock. ${TRUST}`,
  invalid_target: `Google knows no such identity pool provider, or it is disabled. ${TRUST}`,
  invalid_request: `Check gcp.provider of this target. ${TRUST}`,
  unauthorized_client: `The provider's attribute condition does not admit this target. ${TRUST}`,
  access_denied: `The provider's attribute condition does not admit this target. ${TRUST}`,
  PERMISSION_DENIED: `The target needs roles/iam.workloadIdentityUser on the service account, and the API iamcredentials.googleapis.com must be enabled. ${TRUST}`,
  NOT_FOUND: 'There is no such service account. Check gcp.serviceAccount of this target.',
  UNAUTHENTICATED: `Google did not take the federated token: the pool may be disabled. ${TRUST}`,
  INVALID_ARGUMENT: 'Check gcp.serviceAccount of this target.',
  FAILED_PRECONDITION: 'The service account may be disabled.',
}
const RETRY_LATER = 'Try again in a minute.'
const UNREACHABLE = 'Check that the endpoint reaches Google Cloud (HTTPS_PROXY, firewall), then try again.'

type Context = { readonly account: string; readonly secrets: readonly string[] }

/** The refusal that a failed exchange stands for, in Google's own words. */
export function gcpRefusal(last: LastCall, { account, secrets }: Context): Refusal {
  if (last.answer === undefined) {
    const why = last.failure?.message ?? ''
    return new Refusal(
      'cloud_unavailable',
      `Google Cloud could not be reached: ${withoutSecrets(why, secrets)}.`,
      UNREACHABLE,
    )
  }
  const { status, text } = last.answer
  const { code, words } = saidIn(text, status)
  const said = withoutSecrets(`${code}${words === '' ? '' : `: ${words}`}`, secrets)
  if (status === 429 || status >= 500)
    return new Refusal('cloud_unavailable', `Google Cloud could not answer for ${account}: ${said}`, RETRY_LATER)
  return new Refusal('cloud_refused', `Google Cloud refused ${account}: ${said}`, HINTS[code])
}

/** STS says `{"error":"invalid_grant","error_description":"…"}`, all else `{"error":{"status":"PERMISSION_DENIED","message":"…"}}`. */
function saidIn(text: string, status: number): { readonly code: string; readonly words: string } {
  const { error, error_description: described } = members(parsed(text))
  if (typeof error === 'string') return { code: plain(error), words: typeof described === 'string' ? described : '' }
  const { status: code, message } = members(error)
  return {
    code: typeof code === 'string' ? plain(code) : `HTTP ${status}`,
    words: typeof message === 'string' ? message : '',
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // a proxy's page
  }
}

const members = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}

const plain = (code: string): string => (/^\w{1,64}$/.test(code) ? code : 'unknown_error')
