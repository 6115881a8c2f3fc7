import type {
  AssumeRoleWithWebIdentityCommand,
  AssumeRoleWithWebIdentityCommandOutput,
  STSClient,
} from '@aws-sdk/client-sts'
import type { NodeHttpHandlerOptions } from '@smithy/node-http-handler'
import type { Environment } from '../../base/environment.ts'

export type AssumeRoleCall = {
  readonly region: string
  readonly roleArn: string
  readonly sessionName: string
  readonly token: string
  readonly durationSeconds: number
  readonly policy: string
}
export type AssumeRoleAnswer = {
  readonly accessKeyId?: string | undefined
  readonly secretAccessKey?: string | undefined
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
  readonly sessionArn?: string | undefined
}

/** Calls `AssumeRoleWithWebIdentity`; rejects with the SDK's error. */
export type AssumeRole = (call: AssumeRoleCall) => Promise<AssumeRoleAnswer>

export type StsOptions = {
  /** As configured (`aws.stsEndpoint`) or from {@link stsEndpoint}; absent: the region's own. */
  readonly endpoint?: string | undefined
  /** Agents of `platform/proxy.ts`: by itself the SDK ignores `HTTPS_PROXY`. */
  readonly httpsAgent?: NonNullable<NodeHttpHandlerOptions['httpsAgent']>
  readonly httpAgent?: NonNullable<NodeHttpHandlerOptions['httpAgent']>
  /** Milliseconds for one connection, one attempt, and the whole call with its retries. */
  readonly limits?: { readonly connect: number; readonly attempt: number; readonly whole: number }
}

const LIMITS = { connect: 3_000, attempt: 5_000, whole: 10_000 }
const ATTEMPTS = 3

/** The endpoint that AWS's own variables name, service before general (AWS SDKs reference guide, "Service-specific endpoints"). */
export function stsEndpoint(configured: string | undefined, env: Environment): string | undefined {
  if (configured !== undefined) return configured
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true') return undefined
  return env['AWS_ENDPOINT_URL_STS'] || env['AWS_ENDPOINT_URL'] || undefined
}

/**
 * STS through AWS's SDK, loaded at the first exchange. One client per region, so that connections are kept.
 * Repeating is safe: the token may be used again at AWS, and a session that nobody received is nobody's.
 */
export function createAssumeRole(options: StsOptions): AssumeRole {
  const regions = new Map<string, Promise<Sts>>()
  const stsOf = (region: string): Promise<Sts> => {
    const sts = regions.get(region) ?? createClient(region, options)
    regions.set(region, sts)
    return sts
  }
  return async ({ region, roleArn, sessionName, token, durationSeconds, policy }) => {
    const { client, Command } = await stsOf(region)
    const command = new Command({
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      WebIdentityToken: token,
      DurationSeconds: durationSeconds,
      Policy: policy,
    })
    return answerOf(await client.send(command, { abortSignal: AbortSignal.timeout((options.limits ?? LIMITS).whole) }))
  }
}

/** The command's class comes along: asking for the library again at each exchange costs a tenth of the SDK's part. */
type Sts = { readonly client: STSClient; readonly Command: typeof AssumeRoleWithWebIdentityCommand }

/** Every setting that the SDK would otherwise look up in environment, `~/.aws` or the instance's metadata is given here. */
async function createClient(region: string, options: StsOptions): Promise<Sts> {
  const { endpoint, httpsAgent, httpAgent, limits = LIMITS } = options
  const [{ STSClient, AssumeRoleWithWebIdentityCommand: Command }, { NodeHttpHandler }] = await Promise.all([
    import('@aws-sdk/client-sts'),
    import('@smithy/node-http-handler'),
  ])
  const client = new STSClient({
    region,
    ...(endpoint === undefined ? { ignoreConfiguredEndpointUrls: true } : { endpoint }),
    credentials: noCredentials,
    credentialDefaultProvider: () => noCredentials,
    authSchemePreference: ['smithy.api#noAuth'],
    sigv4aSigningRegionSet: [region],
    defaultsMode: 'standard',
    retryMode: 'standard',
    maxAttempts: ATTEMPTS,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: 'jit-endpoint',
    requestHandler: new NodeHttpHandler({
      connectionTimeout: limits.connect,
      requestTimeout: limits.attempt,
      throwOnRequestTimeout: true,
      ...(httpsAgent !== undefined && { httpsAgent }),
      ...(httpAgent !== undefined && { httpAgent }),
    }),
  })
  return { client, Command }
}

const noCredentials = (): Promise<never> =>
  Promise.reject(new Error('The endpoint has no AWS credentials: this call must not be signed.'))

const answerOf = ({ Credentials, AssumedRoleUser }: AssumeRoleWithWebIdentityCommandOutput): AssumeRoleAnswer => ({
  accessKeyId: Credentials?.AccessKeyId,
  secretAccessKey: Credentials?.SecretAccessKey,
  sessionToken: Credentials?.SessionToken,
  expiration: Credentials?.Expiration,
  sessionArn: AssumedRoleUser?.Arn,
})
