import type { ElevationDeps } from '../client/elevation.ts'
import type { ExtensionProgress } from '../client/extension.ts'
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
  Pick<Attended, 'signal'> & {
    readonly busy: Pick<Attended['busy'], 'during'>
    readonly leasing: Leasing
    readonly startReaper: () => void
    readonly uses: Pick<TargetUses, 'count'>
  }

type Counting = {
  /** `tell`, and every target that is asked for counts. */
  readonly counting: <P extends ExtensionProgress>(tell: (progress: P) => void) => (progress: P) => void
}

/** What `jit elevate` and `jit extend` work with, for one login. */
export async function elevationDeps(
  { process, hostname }: Host,
  { pending }: Pick<Installation, 'pending'>,
  { attended, busy, signal, leasing, startReaper, uses }: Parts,
): Promise<Omit<ElevationDeps, 'tell'> & Counting> {
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
    counting: (tell) => (progress) => {
      if (progress.kind === 'asked') uses.count(connection.login().endpoint, progress.request.targets)
      tell(progress)
    },
  }
}
