import { oauthErrorIn } from '../../base/oauth-error.ts'
import { object, string } from '../../contract/narrow.ts'
import type { HttpResponse } from '../../platform/http.ts'
import type { Refusal } from '../refusal.ts'
import { cloudRefusal, plainCode, type Said } from './cloud-refusal.ts'
import type { LastCall } from './guarded-http.ts'

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

type Context = { readonly account: string; readonly secrets: readonly string[] }

export const gcpRefusal = (last: LastCall, { account, secrets }: Context): Refusal =>
  cloudRefusal(last, { cloud: 'Google Cloud', who: account, at: 'Google Cloud', said: saidIn, hints: HINTS, secrets })

const readStatus = object({ error: object({}, { status: string, message: string }) })

/** STS says `{"error":"invalid_grant","error_description":"…"}`, all else `{"error":{"status":"PERMISSION_DENIED","message":"…"}}`. */
function saidIn({ text, status }: HttpResponse): Said {
  const { code, words } = oauthSaid(text) ?? statusSaid(text) ?? { code: `HTTP ${status}`, words: '' }
  return { code, words: words === '' ? code : `${code}: ${words}` }
}

function oauthSaid(text: string): Said | undefined {
  const said = oauthErrorIn(text)
  return said && { code: plainCode(said.error, 'unknown_error'), words: said.description }
}

function statusSaid(text: string): Said | undefined {
  try {
    const { status, message = '' } = readStatus(JSON.parse(text), 'answer').error
    return status === undefined ? undefined : { code: plainCode(status, 'unknown_error'), words: message }
  } catch {
    return undefined // a proxy's page
  }
}
