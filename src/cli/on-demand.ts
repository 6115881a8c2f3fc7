import { elevate } from '../client/elevation.ts'
import { explainWish } from '../client/explanation.ts'
import type { Connection } from '../client/grant-ends.ts'
import { isHeadless as browserIsElsewhere } from '../client/identity/choose-flow.ts'
import type { Leasing } from '../client/leasing.ts'
import type { ServingDeps } from '../client/served-credential.ts'
import { systemClock } from '../platform/clock.ts'
import { nodeHttp } from '../platform/http-node.ts'
import { startDetached } from '../platform/processes.ts'
import { useProxyFromEnv } from '../platform/proxy.ts'
import { systemRandom } from '../platform/random.ts'
import { background } from './background.ts'
import type { CliContext } from './context.ts'
import type { Host } from './host.ts'
import type { Installation } from './installation.ts'
import { openLeasing } from './open-leasing.ts'
import { maskingExchange } from './masking-exchange.ts'
import { type LoggedIn, loggedIn } from './logged-in.ts'
import type { Terminal } from './ui/terminal.ts'

/** The half of the wiring that brings sinks, cryptography and network. One module, because each file loaded costs a start. */
export type OnDemand = {
  readonly leasing: Leasing
  readonly online: () => Promise<LoggedIn>
  /** Rejects where nobody is logged in. */
  readonly connect: () => Promise<Connection>
  readonly elevation: CliContext['elevation']
  readonly console: (serving: ServingDeps) => ReturnType<CliContext['console']>
  /** Starts `jit COMMAND` in the background; says `otherwise` where that is impossible. */
  readonly inBackground: (command: 'reap' | 'sweep', otherwise: string) => void
}

const NO_REAPER =
  'The background process that removes credentials in time could not be started. After their end, type: jit sweep'

export function onDemand(
  host: Host,
  installation: Installation,
  { terminal, signal }: { readonly terminal: Terminal; readonly signal: AbortSignal },
): OnDemand {
  const { env, platform } = host.process
  const { places, pending } = installation
  const clock = systemClock
  const leasing = openLeasing(host, installation)
  let opening: Promise<LoggedIn> | undefined
  const online = (): Promise<LoggedIn> => (opening ??= loggedIn({ env, platform, installation, signal }))
  const connected = async () => {
    const { identity, api } = await online()
    return { endpoint: (await identity()).endpoint, api: await api() }
  }
  const inBackground: OnDemand['inBackground'] = (command, otherwise) => {
    startDetached(background(command, host, places)).catch(() => terminal.note(otherwise))
  }
  const startReaper = (): void => inBackground('reap', NO_REAPER)
  return {
    leasing,
    online,
    connect: connected,
    inBackground,
    console: async (serving) => {
      await useProxyFromEnv(env)
      const isHeadless = browserIsElsewhere(env, platform)
      const uid = host.process.getuid?.()
      const common = { serving, http: nodeHttp, random: systemRandom, clock, platform, signal, isHeadless }
      return uid === undefined ? common : { ...common, uid }
    },
    elevation: async (tell) => {
      const common = {
        leasing,
        pending,
        startReaper,
        exchange: maskingExchange(env, platform, terminal.note),
        random: systemRandom,
        host: host.hostname,
        clock,
        signal,
        tell,
      }
      const { me } = await (await online()).identity()
      const deps = { ...(await connected()), ...common, isPipeline: me.flow === 'workload' }
      return { elevate: (order) => elevate(deps, order), explain: (wish) => explainWish(deps, wish) }
    },
  }
}
