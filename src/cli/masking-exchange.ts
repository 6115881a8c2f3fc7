import type { Environment } from '../base/environment.ts'
import type { FetchDeps } from '../client/fetched-grant.ts'
import { mayBeWorkload } from '../client/workload/marks.ts'
import { errIsPiped } from '../platform/output.ts'
import { isInstalled, runToEnd } from '../platform/processes.ts'
import { finishExchange } from './finish-exchange.ts'

/** Finishes the exchange; in a job its log learns what to hide before the first byte is written anywhere. */
export function maskingExchange(
  env: Environment,
  platform: NodeJS.Platform,
  note: (line: string) => void,
): FetchDeps['exchange'] {
  if (!mayBeWorkload(env) || env['JIT_LOG_MASKS'] === '0') return finishExchange
  return async (credential, options) => {
    const finished = await finishExchange(credential, options)
    const [{ maskInLog }, { secretsIn }] = await Promise.all([
      import('../client/workload/log-masks.ts'),
      import('../client/credential-secrets.ts'),
    ])
    const isOnPath = (program: string): boolean => isInstalled(program, env, platform)
    await maskInLog({ env, errIsPiped: errIsPiped(), note, run: runToEnd, isOnPath }, secretsIn(finished))
    return finished
  }
}
