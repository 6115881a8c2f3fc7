import type { Environment } from '../base/environment.ts'
import type { Clock } from '../platform/clock.ts'
import type { Http } from '../platform/http.ts'
import { proxyAgent } from '../platform/proxy.ts'
import type { Random } from '../platform/random.ts'
import { createApprovals, type Housekeeping } from './approvals/create-approvals.ts'
import { createAudit } from './audit/log.ts'
import { makeAuthentication } from './auth/authentication.ts'
import { idTokenVerifier } from './auth/id-token.ts'
import { loginByIssuer } from './auth/login.ts'
import { makeNonces } from './auth/nonces.ts'
import { seenInMemory } from './auth/seen-in-memory.ts'
import type { Config } from './config/types.ts'
import { createAssumeRole, stsEndpoint } from './exchange/aws-sts.ts'
import { createAwsExchange } from './exchange/aws.ts'
import { createAskEntra } from './exchange/azure-token.ts'
import { createAzureExchange } from './exchange/azure.ts'
import { createExchange } from './exchange/exchange.ts'
import { createImpersonate } from './exchange/gcp-impersonate.ts'
import { createGcpExchange } from './exchange/gcp.ts'
import { createKubernetesExchange } from './exchange/kubernetes.ts'
import type { Log } from './http/log.ts'
import type { Services } from './http/types.ts'
import type { Policy } from './policy/types.ts'
import { storedBindings, storedIds, storedKeys } from './stored.ts'
import { openStore } from './store/open.ts'
import { awsName } from './tokens/aws-name.ts'
import { ensureKeys } from './tokens/key-ring.ts'
import { makeTokens } from './tokens/tokens.ts'
import { unknownStops } from './unknown-stops.ts'

export type Surroundings = {
  readonly env: Environment
  readonly clock: Clock
  readonly random: Random
  readonly http: Http
  readonly log: Log
  readonly stopping: AbortSignal
}

export type Endpoint = {
  readonly services: Services
  /** Ends what policy and targets as they were read no longer give, and warns of stops that no longer stop; called once, before anybody is served. */
  readonly begin: () => Promise<void>
  /** Settles what is past its time and forgets what has had its day; called every minute. */
  readonly sweep: () => Promise<unknown>
  readonly close: () => Promise<void>
}

/** Puts the rooms of the endpoint together over an opened store. Whoever calls this closes it. */
export async function compose(config: Config, policy: Policy, around: Surroundings): Promise<Endpoint> {
  const { env, clock, random, http, log, stopping } = around
  const report = (error: Error): void => log.error({ err: error }, 'database')
  const store = await openStore(config.store, { clock, report })
  try {
    const keys = storedKeys(store)
    await ensureKeys(keys, clock)
    const { endpoint, targets, idp } = config
    const tokens = makeTokens({ issuer: endpoint, keys, clock, random, awsName })
    const pendingSeconds = config.requests.pendingSeconds
    const audit = createAudit()
    const pipelines = config.workloads?.pipelines ?? []
    const approvals = createApprovals({ store, audit, policy, targets, pipelines, pendingSeconds, random, clock })
    const authentication = makeAuthentication({
      endpoint,
      tokens,
      verifyIdToken: loginByIssuer({
        config,
        verifyIdToken: idTokenVerifier({ idp, http, clock, seen: storedIds(store, 'id-token') }),
        used: storedBindings(store, 'workload-token'),
        http,
        clock,
      }),
      nonces: makeNonces(clock, random),
      proofs: seenInMemory(clock),
      clock,
    })
    const exchange = createExchange({
      aws: await awsExchange(config, env, tokens),
      gcp: createGcpExchange({ tokens, impersonate: createImpersonate(http) }),
      azure: createAzureExchange({ tokens, askEntra: createAskEntra(http), clock }),
      kubernetes: createKubernetesExchange(tokens),
    })
    const services = { config, authentication, tokens, approvals, policy, exchange, log, clock, random, stopping }
    return { services, ...housekeeping(approvals, () => unknownStops(store, config), log), close: () => store.close() }
  } catch (error) {
    await store.close()
    throw error
  }
}

function housekeeping(
  approvals: Housekeeping,
  idleStops: () => ReturnType<typeof unknownStops>,
  log: Log,
): Pick<Endpoint, 'begin' | 'sweep'> {
  return {
    begin: async () => {
      const ended = await approvals.endWhatPolicyNoLongerGives()
      if (ended > 0) log.warn({ ended }, 'grants ended that policy or targets no longer give')
      for (const { id: stop, scope, value } of await idleStops())
        log.warn({ stop, scope, value }, 'a stop names what is not configured; under another name it is not stopped')
    },
    sweep: async () => {
      const { unconfirmed } = await approvals.sweep()
      for (const { id: grant, target, holderSubject: holder } of unconfirmed)
        log.warn({ grant, target, holder }, 'wipe not confirmed')
    },
  }
}

async function awsExchange(
  { aws }: Config,
  env: Environment,
  tokens: Parameters<typeof createAwsExchange>[0]['tokens'],
): Promise<ReturnType<typeof createAwsExchange>> {
  const assumeRole = createAssumeRole({
    endpoint: stsEndpoint(aws.stsEndpoint, env),
    httpsAgent: await proxyAgent(env),
  })
  return createAwsExchange({ tokens, assumeRole, audience: aws.audience })
}
