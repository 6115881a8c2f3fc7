import { withoutSecrets } from '../../base/without-secrets.ts'
import { Refusal } from '../refusal.ts'

/** What an administrator can do about each error of AssumeRoleWithWebIdentity. */
const HINTS: Readonly<Record<string, string>> = {
  AccessDenied: "The role's trust policy does not admit this endpoint. Compare it with: jit-endpoint trust aws",
  InvalidIdentityToken:
    'AWS must know this issuer and its audience, and reach its discovery document and keys over public HTTPS. Compare with: jit-endpoint trust aws',
  IDPRejectedClaim: 'AWS did not take a claim of the grant token. Compare the trust with: jit-endpoint trust aws',
  ExpiredTokenException: "AWS sees the grant token as expired. Check the endpoint's clock.",
  MalformedPolicyDocument: 'An administrator must correct sessionPolicy of this target.',
  PackedPolicyTooLarge: 'An administrator must shorten sessionPolicy of this target, or move statements into the role.',
  RegionDisabledException:
    'STS is switched off in this region. Set another region for the target, or enable it in the account.',
  ValidationError: "Compare the target's aws.role and aws.maxSession with the role in AWS.",
}
const RETRY_LATER = 'Try again in a minute.'
const UNREACHABLE = 'Check that the endpoint reaches AWS STS (HTTPS_PROXY, firewall, aws.stsEndpoint), then try again.'

type Context = { readonly roleArn: string; readonly secrets: readonly string[] }

/**
 * The refusal that an error of the SDK stands for, in AWS's own words. The error itself goes nowhere, not even to the log as a cause:
 * it carries request and answer, and some of AWS's messages repeat the token.
 */
export function refusalOf(error: unknown, { roleArn, secrets }: Context): Refusal {
  const { code, words, status } = described(error, secrets)
  const cause = new Error(`${code}${status === undefined ? '' : ` (HTTP ${status})`}: ${words}`)
  if (status === undefined)
    return new Refusal('cloud_unavailable', `AWS STS could not be reached (${code}).`, UNREACHABLE, { cause })
  if (
    status >= 500 ||
    status === 429 ||
    /^(Throttl|RequestLimitExceeded|TooManyRequests|IDPCommunicationError)/.test(code)
  )
    return new Refusal('cloud_unavailable', `AWS could not answer for ${roleArn}: ${code}: ${words}`, RETRY_LATER, {
      cause,
    })
  return new Refusal('cloud_refused', `AWS refused ${roleArn}: ${code}: ${words}`, HINTS[code], { cause })
}

function described(
  error: unknown,
  secrets: readonly string[],
): { readonly code: string; readonly words: string; readonly status: number | undefined } {
  if (!(error instanceof Error)) return { code: 'UnknownError', words: '', status: undefined }
  const status = statusOf(error)
  return { code: codeOf(error), words: withoutSecrets(error.message, secrets), status }
}

/** The code on the wire; the SDK's class names append `Exception` to some. Without an answer: the system's, e.g. `ECONNREFUSED`. */
function codeOf(error: Error): string {
  const code = 'Code' in error ? error.Code : 'code' in error ? error.code : undefined
  const name = typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : error.name
  return name === 'ExpiredTokenException' || name === 'RegionDisabledException' ? name : name.replace(/Exception$/, '')
}

function statusOf(error: Error): number | undefined {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined
  const status: unknown =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : undefined
  return typeof status === 'number' ? status : undefined
}
