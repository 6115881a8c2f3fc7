import { JitError } from '../base/errors.ts'
import type { Discovery } from '../contract/discovery.ts'
import type { Clock } from '../platform/clock.ts'
import { endpointTransport } from '../platform/endpoint-transport.ts'
import type { Random } from '../platform/random.ts'
import { discover } from './identity/discovery.ts'
import { newDpopKey } from './identity/dpop.ts'
import type { JobLoginStore } from './identity/job-login-store.ts'
import { keptIdentity } from './identity/kept-identity.ts'
import { startSession } from './identity/session.ts'
import type { Identity, JobLogin, WithLock } from './identity/types.ts'
import { CHOICE } from './workload/choose-source.ts'
import type { TokenDeps, TokenSource } from './workload/types.ts'

export type JobLoginDeps = TokenDeps & {
  readonly source: TokenSource
  readonly endpoint: string
  readonly store: JobLoginStore
  readonly clock: Clock
  readonly random: Random
  readonly platform: NodeJS.Platform
  readonly withLock: WithLock
  /** Somebody is logged in on this machine, who is not this job. */
  readonly isPersonHere: boolean
}

/** Names job and platform, as far as the environment tells them apart. */
export const jobId = (source: TokenSource, around: TokenDeps): string =>
  JSON.stringify([source.provider, ...source.jobOf(around)])

/**
 * The login of a job: its platform's ID token for an access token of the endpoint. No IdP, no browser, no keychain; parallel
 * processes of the job log in once and share key and token. Throws `LOGIN_NEEDED` with what the job lacks.
 */
export async function openJobIdentity(deps: JobLoginDeps): Promise<Identity> {
  const { store, withLock, signal } = deps
  const loadOrLogIn = async (): Promise<JobLogin> => store.load() ?? logIn(deps, undefined, signal)
  return keptIdentity(store.load() ?? (await withLock('login', loadOrLogIn)), {
    ...deps,
    endpointOf: ({ endpoint }) => endpoint,
    reload: loadOrLogIn,
    renew: (login, limited) => logIn(deps, login, limited),
  })
}

/** With the key of `before`, which grants and one-time tokens of the platform are bound to. Called under the lock. */
async function logIn(
  deps: JobLoginDeps,
  before: JobLogin | undefined,
  signal: AbortSignal | undefined,
): Promise<JobLogin> {
  const { source, endpoint, store, clock, random, http, platform } = deps
  source.assertSetUp?.(deps)
  const discovery = await discover(http, endpoint, signal)
  const idToken = await source.fetch({ ...deps, signal }, audienceFor(deps, discovery))
  const dpopKey = before?.dpopKey ?? newDpopKey()
  const transport = endpointTransport({ endpoint, http, clock, platform })
  const proof = { idToken, key: dpopKey, signal }
  const session = await startSession({ endpoint, transport, clock, random }, proof).catch((error: unknown) => {
    throw refused(error, source)
  })
  const login: JobLogin = {
    endpoint,
    job: jobId(source, deps),
    me: session.me,
    dpopKey,
    accessToken: session.accessToken,
    accessTokenExpiresAt: clock.now() + session.expiresInSeconds * 1000,
  }
  store.save(login)
  store.forgetOthers(clock.now())
  return login
}

/** Whom the token must be made for. A token that the job names itself may be of any issuer that the endpoint pins. */
function audienceFor(
  { source: { provider, name }, isPersonHere }: JobLoginDeps,
  { endpoint, workloads }: Discovery,
): string {
  if (workloads !== undefined && (provider === 'pinned' || workloads.providers.includes(provider)))
    return workloads.audience
  const { host } = new URL(endpoint)
  const takes = workloads === undefined ? 'none of any pipeline' : `those of ${workloads.providers.join(', ')}`
  const asPerson = isPersonHere ? '' : ` As a person: ${CHOICE}=off jit login ${endpoint}`
  throw new JitError(
    'LOGIN_NEEDED',
    `This job cannot log in: ${host} takes no ID tokens of ${name} (it takes ${takes}).`,
    `Ask the people who run it to add this pipeline.${asPerson}`,
  )
}

/** `jit login` is no help to a job: what the endpoint holds against its token is for its administrators. */
function refused(error: unknown, { name }: TokenSource): unknown {
  if (!(error instanceof JitError) || error.code !== 'LOGIN_NEEDED') return error
  const hint = error.hint.includes('jit login')
    ? `Compare the token of ${name} with what the endpoint's configuration asks of pipelines.`
    : error.hint
  return new JitError('LOGIN_NEEDED', error.message, hint, { cause: error })
}
