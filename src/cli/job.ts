import type { Environment } from '../base/environment.ts'
import { JitError } from '../base/errors.ts'
import { endpointUrl } from '../client/identity/discovery.ts'
import { jobLoginStore, type JobLoginStore } from '../client/identity/job-login-store.ts'
import type { LogoutResult } from '../client/identity/logout.ts'
import type { Identity, WithLock } from '../client/identity/types.ts'
import { jobId, openJobIdentity } from '../client/job-login.ts'
import { chooseSource, isChosen } from '../client/workload/choose-source.ts'
import type { TokenDeps, TokenSource } from '../client/workload/types.ts'
import { systemClock } from '../platform/clock.ts'
import { nodeHttp } from '../platform/http-node.ts'
import type { Places } from '../platform/places.ts'
import { isInstalled, runToEnd } from '../platform/processes.ts'
import { systemRandom } from '../platform/random.ts'
import { readSettings } from '../platform/settings.ts'
import { readSmallTextFile } from '../platform/text-file.ts'

const LONGEST_TOKEN_FILE = 64 * 1024

type Around = {
  readonly env: Environment
  readonly platform: NodeJS.Platform
  readonly places: Places
  readonly signal: AbortSignal
  readonly withLock: WithLock
  readonly isPersonHere: () => boolean
}

/** The login of the job that this process belongs to. */
export type Job = {
  readonly identity: () => Promise<Identity>
  readonly logout: () => Promise<LogoutResult>
}

/** `undefined` where this process is no job's, or shall not speak for one. Asks nobody. */
export function findJob({ env, platform, places, signal, withLock, isPersonHere }: Around): Job | undefined {
  const around: TokenDeps = {
    env,
    readText: (path) => readSmallTextFile(path, LONGEST_TOKEN_FILE),
    http: nodeHttp,
    run: runToEnd,
    isOnPath: (program) => isInstalled(program, env, platform),
    signal,
  }
  const source = chooseSource(around, { isPersonHere })
  if (source === undefined) return undefined
  const known = env['JIT_ENDPOINT_URL'] || readSettings(places.config).endpoint
  if (source.kind === 'machine' && known === undefined && !isChosen(env)) return undefined
  const endpoint = (): string => (known === undefined ? refuseUnknown(source) : endpointUrl(known))
  const store = (): JobLoginStore =>
    jobLoginStore({ runtime: places.runtime, endpoint: endpoint(), job: jobId(source, around) })
  const deps = { ...around, source, clock: systemClock, random: systemRandom, platform, withLock }
  return {
    identity: async () => openJobIdentity({ ...deps, endpoint: endpoint(), store: store() }),
    logout: () =>
      withLock('login', async () => ({ wasLoggedIn: store().delete(), atIdp: 'nothing-to-revoke' as const })),
  }
}

function refuseUnknown({ name }: TokenSource): never {
  throw new JitError(
    'LOGIN_NEEDED',
    `This job does not know which endpoint to ask (it would log in by ${name}).`,
    'Set JIT_ENDPOINT_URL to its address in the configuration of the pipeline.',
  )
}
