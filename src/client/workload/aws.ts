import { JitError } from '../../base/errors.ts'
import { withoutSecrets } from '../../base/without-secrets.ts'
import { proxyAgent } from '../../platform/proxy.ts'
import { tokenIn } from './token-shape.ts'
import type { TokenDeps, TokenSource } from './types.ts'

const SERVICE = "AWS' token service"
const MARKS = [
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'CODEBUILD_BUILD_ID',
]
const REGION = ['AWS_REGION', 'AWS_DEFAULT_REGION']
const LIMIT_MS = 10_000
const TOKEN_SECONDS = 300

/** What stands in the way, by the name of STS's error (AWS STS API reference, "GetWebIdentityToken"). */
const HINT: Readonly<Record<string, string>> = {
  OutboundWebIdentityFederationDisabledException:
    'Somebody must allow it once for the account: aws iam enable-outbound-web-identity-federation',
  AccessDenied: 'The role needs the permission sts:GetWebIdentityToken.',
  AccessDeniedException: 'The role needs the permission sts:GetWebIdentityToken.',
  CredentialsProviderError: 'Nothing here has AWS credentials: no role of a task, a function, a pod or an instance.',
}

/** A role of AWS as the identity: outbound federation turns its credentials into a token. The SDK is loaded for it alone. */
export const aws: TokenSource = {
  provider: 'aws',
  name: 'AWS',
  kind: 'machine',
  isHere: ({ env }) => MARKS.some((name) => (env[name] ?? '') !== ''),
  jobOf: ({ env }) => MARKS.map((name) => env[name] ?? ''),
  async fetch(deps, audience) {
    const region = REGION.map((name) => deps.env[name] ?? '').find((name) => name !== '')
    if (region === undefined)
      throw new JitError('LOGIN_NEEDED', 'The region of AWS is not known here.', 'Set AWS_REGION.')
    return tokenIn((await askSts(deps, region, audience)) ?? '', SERVICE)
  },
}

async function askSts({ env, signal }: TokenDeps, region: string, audience: string): Promise<string | undefined> {
  const [{ GetWebIdentityTokenCommand, STSClient }, { NodeHttpHandler }] = await Promise.all([
    import('@aws-sdk/client-sts'),
    import('@smithy/node-http-handler'),
  ])
  const requestHandler = new NodeHttpHandler({ httpsAgent: await proxyAgent(env), requestTimeout: LIMIT_MS })
  const client = new STSClient({ region, requestHandler, maxAttempts: 2 })
  const command = new GetWebIdentityTokenCommand({
    Audience: [audience],
    SigningAlgorithm: 'RS256',
    DurationSeconds: TOKEN_SECONDS,
  })
  const limit = AbortSignal.timeout(LIMIT_MS)
  try {
    const abortSignal = signal === undefined ? limit : AbortSignal.any([signal, limit])
    return (await client.send(command, { abortSignal })).WebIdentityToken
  } catch (error) {
    throw failed(error, signal)
  } finally {
    client.destroy()
  }
}

function failed(error: unknown, signal: AbortSignal | undefined): JitError {
  if (signal?.aborted === true) return new JitError('INTERRUPTED', 'Interrupted.', '', { cause: error })
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const words = withoutSecrets(message, []).replace(/[.\s]+$/, '')
  return new JitError(
    'LOGIN_FAILED',
    `${SERVICE} gave no token (${name}: ${words}).`,
    HINT[name] ?? 'Check the network, AWS_REGION and the role of this machine.',
    { cause: error },
  )
}
