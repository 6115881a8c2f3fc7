import { clockOffset } from '../base/clock-skew.ts'
import type { Environment } from '../base/environment.ts'
import { JitError } from '../base/errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { Http } from '../platform/http.ts'
import { useProxyFromEnv, wantsProxy } from '../platform/proxy.ts'
import type { Probe } from './doctor/endpoint.ts'
import { discover, endpointUrl } from './identity/discovery.ts'

export type ProbeDeps = {
  readonly http: Http
  readonly clock: Pick<Clock, 'now'>
  readonly env: Environment
  /** As typed or remembered. Throws `CONFIG` where the settings cannot be read. */
  readonly endpoint: () => string | undefined
}

const LIMIT_MS = 3000

/** Reads the endpoint's discovery document, and its clock by the way. Needs no login. */
export async function probeEndpoint({ http, clock, env, endpoint }: ProbeDeps): Promise<Probe> {
  let offsetMs: number | undefined
  const timed: Http = async (request) => {
    const asked = clock.now()
    const answer = await http({ ...request, timeoutMs: LIMIT_MS })
    offsetMs = clockOffset(answer.headers, (asked + clock.now()) / 2)
    return answer
  }
  const offset = () => (offsetMs === undefined ? {} : { offsetMs })
  try {
    const known = endpoint()
    if (known === undefined) return { kind: 'unknown' }
    await useProxyFromEnv(env)
    const discovery = await discover(timed, endpointUrl(known))
    return { kind: 'answered', endpoint: discovery.endpoint, throughProxy: wantsProxy(env), ...offset() }
  } catch (error) {
    if (error instanceof JitError) return { kind: 'failed', error, ...offset() }
    throw error
  }
}
