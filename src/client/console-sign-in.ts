import { JitError } from '../base/errors.ts'
import type { ProcessCredential } from '../base/process-credential.ts'
import { object, string } from '../contract/narrow.ts'
import { type Http, HttpError, type HttpResponse } from '../platform/http.ts'

/** Where people of a partition sign in (IAM User Guide, "Enabling custom identity broker access to the AWS console"). */
const PARTITIONS: Readonly<Record<string, { readonly signIn: string; readonly console: string }>> = {
  aws: { signIn: 'signin.aws.amazon.com', console: 'console.aws.amazon.com' },
  'aws-us-gov': { signIn: 'signin.amazonaws-us-gov.com', console: 'console.amazonaws-us-gov.com' },
  'aws-cn': { signIn: 'signin.amazonaws.cn', console: 'console.amazonaws.cn' },
}

/** How long AWS takes a sign-in URL. */
export const SIGN_IN_MINUTES = 15
const TIMEOUT_MS = 20_000

export type SignIn = {
  readonly credential: ProcessCredential
  /** ARN, which names the partition. */
  readonly role: string
  readonly region?: string
  /** Where AWS sends people whose console session is over. */
  readonly issuer: string
}

/**
 * A URL that signs in to the console with these credentials; whoever has it can, for {@link SIGN_IN_MINUTES} minutes. The keys go
 * in a body, because proxies and servers log URLs. No `SessionDuration`: it could outlive the grant, and without one the console
 * session ends with the credentials.
 */
export async function consoleUrl(
  http: Http,
  { credential, role, region, issuer }: SignIn,
  signal: AbortSignal,
): Promise<string> {
  const hosts = PARTITIONS[role.split(':')[1] ?? '']
  if (hosts === undefined)
    throw new JitError('USAGE', `jit does not know the console of ${role}.`, 'Use the command line: jit env TARGET')
  const federation = `https://${hosts.signIn}/federation`
  const session = {
    sessionId: credential.AccessKeyId,
    sessionKey: credential.SecretAccessKey,
    sessionToken: credential.SessionToken,
  }
  const body = new URLSearchParams({ Action: 'getSigninToken', Session: JSON.stringify(session) }).toString()
  const answer = await post(http, federation, body, signal)
  const url = new URL(federation)
  const place = region === undefined ? '' : `console/home?region=${region}`
  for (const [name, value] of Object.entries({
    Action: 'login',
    Issuer: issuer,
    Destination: `https://${hosts.console}/${place}`,
    SigninToken: tokenIn(answer, hosts.signIn),
  }))
    url.searchParams.set(name, value)
  return url.href
}

async function post(http: Http, url: string, body: string, signal: AbortSignal): Promise<HttpResponse> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
  try {
    return await http({ method: 'POST', url, headers, body, timeoutMs: TIMEOUT_MS, signal })
  } catch (error) {
    if (!(error instanceof HttpError)) throw error
    throw new JitError(
      'CLOUD_UNAVAILABLE',
      `The sign-in of AWS cannot be reached: ${error.message}.`,
      'Check the network, HTTPS_PROXY and NODE_EXTRA_CA_CERTS.',
      { cause: error },
    )
  }
}

const readToken = object({ SigninToken: string })

function tokenIn({ status, text }: HttpResponse, host: string): string {
  try {
    if (status === 200) return readToken(JSON.parse(text), 'answer').SigninToken
  } catch {
    // a page instead of the answer: said below
  }
  throw new JitError(
    status === 200 || status >= 500 ? 'CLOUD_UNAVAILABLE' : 'CLOUD_REFUSED',
    `${host} gave no sign-in token (status ${status}).`,
    'The credentials may be over or revoked. See: jit status',
  )
}
