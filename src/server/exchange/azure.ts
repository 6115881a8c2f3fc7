import type { AzureCredential, AzureToken } from '../../contract/credential.ts'
import type { Clock } from '../../platform/clock.ts'
import type { AzureAccess } from '../config/types.ts'
import { Refusal } from '../refusal.ts'
import type { Tokens } from '../tokens/types.ts'
import { ExchangeFailure } from './exchange-failure.ts'
import type { AzureExchange } from './exchange.ts'
import { azureRefusal, isWorthRetrying } from './azure-refusal.ts'
import type { AskEntra, EntraAnswer, EntraCall } from './azure-token.ts'

const ARM = 'https://management.azure.com'
/** Waits between attempts, and the limit of all calls together, in milliseconds. */
const PAUSES = [1_000, 2_000]
const WHOLE_MS = 20_000

export type AzureExchangeDeps = {
  readonly tokens: Pick<Tokens, 'azureGrantToken'>
  readonly askEntra: AskEntra
  readonly clock: Pick<Clock, 'sleep'>
}

/**
 * Brokered: grant token → one access token per audience, Azure Resource Manager's first. Entra alone decides how long they
 * live (clouds.md §4.2); `notAfter` is when a client stops, and the role assignment what really ends access.
 */
export function createAzureExchange({ tokens, askEntra, clock }: AzureExchangeDeps): AzureExchange {
  return async (issue, access, notAfter) => {
    const { tenant, client } = access
    const assertion = await tokens.azureGrantToken(issue, access)
    const signal = AbortSignal.timeout(WHOLE_MS)
    const ask = async (resource: string): Promise<AzureToken> =>
      checked(await persistent({ askEntra, clock }, { tenant, client, assertion, resource, signal }), client, resource)
    // One after the other at the first: what is wrong with the trust shows once, not once per audience.
    const arm = await ask(ARM)
    const others = await Promise.all(access.resources.map(ask))
    return credentialOf(access, notAfter, [arm, ...others])
  }
}

async function persistent(
  { askEntra, clock }: Pick<AzureExchangeDeps, 'askEntra' | 'clock'>,
  call: EntraCall,
): Promise<EntraAnswer> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await askEntra(call)
    } catch (cause) {
      if (!(cause instanceof ExchangeFailure)) throw cause
      const pause = PAUSES[attempt]
      if (pause === undefined || call.signal.aborted || !isWorthRetrying(cause.last))
        throw azureRefusal(cause.last, { ...call, secrets: [call.assertion] })
      await clock.sleep(pause, call.signal)
    }
  }
}

/** What comes back is written into files that other programs parse, so it is checked as anything from outside. */
function checked({ accessToken, expiresOnMs }: EntraAnswer, client: string, resource: string): AzureToken {
  const flaw =
    (!/^[\x21-\x7e]{16,65536}$/.test(accessToken) && 'no usable access token') ||
    (!Number.isFinite(expiresOnMs) && 'no expiration')
  if (flaw !== false)
    throw new Refusal('cloud_refused', `Entra answered for application ${client} at ${resource} with ${flaw}.`)
  return { resource, accessToken, expiresOn: new Date(expiresOnMs).toISOString() }
}

function credentialOf(access: AzureAccess, notAfter: string, tokens: readonly AzureToken[]): AzureCredential {
  const { tenant, client, subscription, subscriptionName, role } = access
  return {
    cloud: 'azure',
    // The last of them: until then something of it works.
    expiration: tokens.map(({ expiresOn }) => expiresOn).reduce((a, b) => (a > b ? a : b)),
    notAfter,
    tenantId: tenant,
    clientId: client,
    subscriptionId: subscription,
    subscriptionName,
    role,
    tokens,
  }
}
