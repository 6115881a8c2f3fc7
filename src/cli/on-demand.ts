import { elevate, type ElevationDeps, type Progress } from '../client/elevation.ts'
import { extend } from '../client/extension.ts'
import { explainWish } from '../client/explanation.ts'
import type { Connection } from '../client/outbox-delivery.ts'
import { isHeadless as browserIsElsewhere } from '../client/identity/choose-flow.ts'
import type { Leasing } from '../client/leasing.ts'
import type { ServingDeps } from '../client/served-credential.ts'
import { targetUses } from '../client/target-use.ts'
import { systemClock } from '../platform/clock.ts'
import { nodeFileSystem } from '../platform/files.ts'
import type { Http } from '../platform/http.ts'
import { nodeHttp } from '../platform/http-node.ts'
import { standardOutput } from '../platform/output.ts'
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
import { offerLogin } from './offer-login.ts'
import { busyApi, busyLeasing } from './ui/busy-calls.ts'
import type { Attended } from './ui/attended.ts'
import { whoseLogin } from './whose-login.ts'

/** The half of the wiring that brings sinks, cryptography and network. One module, because each file loaded costs a start. */
export type OnDemand = {
  readonly leasing: Leasing
  readonly online: () => Promise<LoggedIn>
  /** The same; a login that has run out is offered anew where somebody can be asked. */
  readonly attended: () => Promise<LoggedIn>
  /** Rejects where nobody is logged in. */
  readonly connect: () => Promise<Connection>
  readonly elevation: CliContext['elevation']
  readonly extension: CliContext['extension']
  readonly used: CliContext['used']
  readonly console: (serving: ServingDeps) => ReturnType<CliContext['console']>
  /** Starts `jit COMMAND` in the background; says `otherwise` where that is impossible. */
  readonly inBackground: (command: 'reap' | 'sweep', otherwise: string) => void
}

const NO_REAPER =
  'The background process that removes credentials in time could not be started. After their end, type: jit sweep'

export function onDemand(
  host: Host,
  installation: Installation,
  here: Attended & Omit<Parameters<typeof offerLogin>[1], 'locks'>,
): OnDemand {
  const { terminal, busy, signal } = here
  const { env, platform } = host.process
  const { places, pending } = installation
  const clock = systemClock
  const leasing = busyLeasing(openLeasing(host, installation), busy)
  const surroundings = { env, platform, installation, signal, ...(host.callAddon && { callAddon: host.callAddon }) }
  let opening: Promise<LoggedIn> | undefined
  let openingAttended: Promise<LoggedIn> | undefined
  const online = (): Promise<LoggedIn> => (opening ??= loggedIn(surroundings).then(shown))
  const offer = offerLogin(here, { ...here, locks: () => installation.login().locks })
  const attended = (): Promise<LoggedIn> =>
    terminal.interactive ? (openingAttended ??= loggedIn({ ...surroundings, offerLogin: offer }).then(shown)) : online()
  /** Says what takes long. */
  const shown = (loggedIn: LoggedIn): LoggedIn => ({
    identity: () => busy.during('Opening your login', loggedIn.identity),
    api: async () => {
      const { endpoint } = await busy.during('Opening your login', loggedIn.identity)
      return busyApi(await loggedIn.api(), endpoint, busy)
    },
    login: loggedIn.login,
    logout: () => busy.during('Telling the identity provider that you log out', loggedIn.logout),
  })
  const connectedBy = async ({ identity, api }: LoggedIn) =>
    Object.assign(whoseLogin(await identity()), { api: await api() })
  const connected = async () => connectedBy(await online())
  const uses = targetUses(nodeFileSystem, clock, places.state)
  const counting = (endpoint: string, tell: (progress: Progress) => void) => (progress: Progress) => {
    if (progress.kind === 'asked') uses.count(endpoint, progress.request.targets)
    tell(progress)
  }
  const elevationDeps = async (tell: (progress: Progress) => void): Promise<ElevationDeps> => {
    const login = await attended()
    const connection = await connectedBy(login)
    const { me } = await login.identity()
    const maskNote = (line: string): void => standardOutput(host.process).note(line) // as it is: a command
    const exchange: ElevationDeps['exchange'] = (...args) =>
      busy.during('Exchanging the grant at the cloud', () => maskingExchange(env, platform, maskNote)(...args))
    return {
      ...connection,
      leasing,
      pending,
      startReaper,
      exchange,
      random: systemRandom,
      host: host.hostname,
      clock,
      signal,
      isPipeline: me.flow === 'workload',
      tell: counting(connection.endpoint, tell),
    }
  }
  const inBackground: OnDemand['inBackground'] = (command, otherwise) => {
    startDetached(background(command, host, places)).catch(() => terminal.note(otherwise))
  }
  const startReaper = (): void => inBackground('reap', NO_REAPER)
  return {
    leasing,
    online,
    attended,
    connect: connected,
    inBackground,
    console: async (serving) => {
      await useProxyFromEnv(env)
      const isHeadless = browserIsElsewhere(env, platform)
      const uid = host.process.getuid?.()
      const busyHttp: Http = (request) =>
        busy.during('Asking AWS for a sign-in to its console', () => nodeHttp(request))
      const common = { serving, http: busyHttp, random: systemRandom, clock, platform, signal, isHeadless }
      return uid === undefined ? common : { ...common, uid }
    },
    elevation: async (tell) => {
      const deps = await elevationDeps(tell)
      return { elevate: (order) => elevate(deps, order), explain: (wish) => explainWish(deps, wish) }
    },
    extension: async ({ tell, askReason }) => {
      const deps = { ...(await elevationDeps(() => undefined)), tell, askReason }
      return { extend: (order) => extend(deps, order) }
    },
    used: async () => {
      const { endpoint } = await (await attended()).identity()
      return (target) => uses.of(endpoint, target)
    },
  }
}
