import { defined } from '../../base/defined.ts'
import type { GcpCredential } from '../../contract/credential.ts'
import type { Issue } from '../approvals/types.ts'
import type { GcpAccess } from '../config/types.ts'
import { Refusal } from '../refusal.ts'
import type { Tokens } from '../tokens/types.ts'
import { ExchangeFailure } from './exchange-failure.ts'
import type { GcpExchange } from './exchange.ts'
import type { Impersonate, ImpersonateAnswer } from './gcp-impersonate.ts'
import { gcpRefusal } from './gcp-refusal.ts'

/** Google gives an access token of a service account for no longer than this, unless an organisation allows more. */
const LONGEST_SECONDS = 3600
/** How far Google's clock may be from ours. */
const SKEW_MS = 300_000

export type GcpExchangeDeps = { readonly tokens: Pick<Tokens, 'gcpGrantToken'>; readonly impersonate: Impersonate }

/**
 * Federated: the grant token is handed over, because what Google's STS gives for it ends with it (clouds.md §0.3). Impersonated:
 * exchanged here, because whoever may impersonate chooses the lifetime himself.
 */
export function createGcpExchange({ tokens, impersonate }: GcpExchangeDeps): GcpExchange {
  return async (issue, access, notAfter) => {
    const { token, subject } = await tokens.gcpGrantToken(issue, access, notAfter)
    const { project, region, serviceAccount } = access
    const audience = `//iam.googleapis.com/${access.provider}`
    const common = defined({ cloud: 'gcp' as const, notAfter, project, region })
    if (serviceAccount === undefined)
      return { ...common, kind: 'federated', expiration: notAfter, principal: subject, subjectToken: token, audience }
    const lifetimeSeconds = lifetime(issue, notAfter)
    const answer = await impersonate({ audience, serviceAccount, token, lifetimeSeconds }).catch((cause: unknown) => {
      if (!(cause instanceof ExchangeFailure)) throw cause
      throw gcpRefusal(cause.last, { account: serviceAccount, secrets: [token] })
    })
    const { accessToken, expiration } = checked(answer, access, issue.nowMs + lifetimeSeconds * 1000)
    return { ...common, kind: 'impersonated', expiration, principal: serviceAccount, accessToken }
  }
}

const lifetime = ({ nowMs }: Issue, notAfter: string): number =>
  Math.max(1, Math.min(Math.floor((Date.parse(notAfter) - nowMs) / 1000), LONGEST_SECONDS))

/** What comes back is written into files that other programs parse, so it is checked as anything from outside. */
function checked(
  { accessToken, expiresAtMs }: ImpersonateAnswer,
  { serviceAccount = '' }: GcpAccess,
  askedUntilMs: number,
): Pick<Extract<GcpCredential, { kind: 'impersonated' }>, 'accessToken' | 'expiration'> {
  const flaw = (what: string): Refusal =>
    new Refusal('cloud_refused', `Google Cloud answered for ${serviceAccount} with ${what}.`)
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]{16,16384}$/.test(accessToken))
    throw flaw('no usable access token')
  if (typeof expiresAtMs !== 'number' || !Number.isFinite(expiresAtMs)) throw flaw('no expiration')
  if (expiresAtMs > askedUntilMs + SKEW_MS) throw flaw('an access token that lives longer than asked')
  return { accessToken, expiration: new Date(expiresAtMs).toISOString() }
}
