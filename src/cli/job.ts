import type { Environment } from '../base/environment.ts'
import { JitError } from '../base/errors.ts'
import { endpointUrl } from '../client/identity/discovery.ts'
import { jobLoginStore, type JobLoginStore } from '../client/identity/job-login-store.ts'
import type { LogoutResult } from '../client/identity/logout.ts'
import type { Identity, WithLock } from '../client/identity/types.ts'
import { jobId, openJobIdentity } from '../client/job-login.ts'
import { chooseSource, isChosen } from '../client/workload/choose-source.ts'
import type { TokenDeps, TokenSource } from '../client/workload/types.ts'
import { hasLogin } from './has-login.ts'
import type { Installation } from './installation.ts'
import { systemClock } from '../platform/clock.ts'
import { nodeHttp } from '../platform/http-node.ts'
import { isInstalled, runToEnd } from '../platform/processes.ts'
import { systemRandom } from '../platform/random.ts'
import { readSettings } from '../platform/settings.ts'
import { readSmallTextFile } from '../platform/text-file.ts'

const LONGEST_TOKEN_FILE = 64 * 1024
const readText = (path: string): string | undefined => readSmallTextFile(path, LONGEST_TOKEN_FILE)

type Place = {
  readonly env: Environment
  readonly platform: NodeJS.Platform
  readonly installation: Pick<Installation, 'places' | 'login'>
}
type Around = Place & { readonly signal: AbortSignal; readonly withLock: WithLock }

/** The login of the job that this process belongs to. */
export type Job = {
  readonly identity: () => Promise<Identity>
  readonly logout: () => Promise<LogoutResult>
}

/** The platform whose job this process speaks for whoever is logged in here; `undefined` where a login counts. */
export const jobInPlaceOfLogin = (env: Environment): string | undefined =>
  chooseSource({ env, readText }, { isPersonHere: () => true })?.name

/** Whose job this process is of, and which endpoint it asks; `undefined` where it shall not speak for one. Asks nobody. */
export function jobHere({ env, platform, installation }: Place) {
  const around: TokenDeps = {
    env,
    readText,
    http: nodeHttp,
    run: runToEnd,
    isOnPath: (program) => isInstalled(program, env, platform),
  }
  const source = chooseSource(around, { isPersonHere: () => hasLogin(installation) })
  if (source === undefined) return undefined
  const known = env['JIT_ENDPOINT_URL'] || readSettings(installation.places.config).endpoint
  if (source.kind === 'machine' && known === undefined && !isChosen(env)) return undefined
  const endpoint = (): string => (known === undefined ? refuseUnknown(source) : endpointUrl(known))
  return { around, source, endpoint }
}

/** The same, ready to log in. */
export function findJob({ signal, withLock, ...place }: Around): Job | undefined {
  const here = jobHere(place)
  if (here === undefined) return undefined
  const { source, endpoint } = here
  const around: TokenDeps = { ...here.around, signal }
  const store = (): JobLoginStore =>
    jobLoginStore({ runtime: place.installation.places.runtime, endpoint: endpoint(), job: jobId(source, around) })
  const deps = { ...around, source, clock: systemClock, random: systemRandom, platform: place.platform, withLock }
  const isPersonHere = (): boolean => hasLogin(place.installation)
  return {
    identity: async () => {
      try {
        return await openJobIdentity({ ...deps, endpoint: endpoint(), store: store(), isPersonHere: isPersonHere() })
      } catch (error) {
        throw isPersonHere() ? withOtherWay(error) : error
      }
    },
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

/** Somebody logged in here on purpose, perhaps in this very job. */
function withOtherWay(error: unknown): unknown {
  if (!(error instanceof JitError) || error.code !== 'LOGIN_NEEDED') return error
  const hint = `${error.hint} As the person who is logged in here: --workload off`
  return new JitError(error.code, error.message, hint, { cause: error })
}
