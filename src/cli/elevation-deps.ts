import type { ElevationDeps, Progress } from '../client/elevation.ts'
import type { Leasing } from '../client/leasing.ts'
import type { TargetUses } from '../client/target-use.ts'
import { systemClock } from '../platform/clock.ts'
import { standardOutput } from '../platform/output.ts'
import { systemRandom } from '../platform/random.ts'
import type { Host } from './host.ts'
import type { Installation } from './installation.ts'
import { connectionOf } from './connection.ts'
import type { Logins } from './logins.ts'
import { maskingExchange } from './masking-exchange.ts'
import type { Attended } from './ui/attended.ts'

type Parts = Pick<Logins, 'attended'> &
  Pick<Attended, 'busy' | 'signal'> & {
    readonly leasing: Leasing
    readonly startReaper: () => void
    /** Every target that is asked for counts. */
    readonly uses: Pick<TargetUses, 'count'>
  }

/** What `jit elevate` and `jit extend` work with, for one login. */
export async function elevationDeps(
  { process, hostname }: Host,
  { pending }: Pick<Installation, 'pending'>,
  { attended, busy, signal, leasing, startReaper, uses }: Parts,
  tell: (progress: Progress) => void,
): Promise<ElevationDeps> {
  const login = await attended()
  const connection = await connectionOf(login)
  const { me } = await login.identity()
  const maskNote = (line: string): void => standardOutput(process).note(line) // as it is: a command
  const exchange = maskingExchange(process.env, process.platform, maskNote)
  return {
    ...connection,
    leasing,
    pending,
    startReaper,
    exchange: (...args) => busy.during('Exchanging the grant at the cloud', () => exchange(...args)),
    random: systemRandom,
    host: hostname,
    clock: systemClock,
    signal,
    isPipeline: me.flow === 'workload',
    tell: (progress) => {
      if (progress.kind === 'asked') uses.count(connection.login().endpoint, progress.request.targets)
      tell(progress)
    },
  }
}
