import type { Connection } from '../client/connection.ts'
import { elevate } from '../client/elevation.ts'
import { explainWish } from '../client/explanation.ts'
import { extend } from '../client/extension.ts'
import type { Leasing } from '../client/leasing.ts'
import type { ServingDeps } from '../client/served-credential.ts'
import { targetUses } from '../client/target-use.ts'
import { systemClock } from '../platform/clock.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { startDetached } from '../platform/processes.ts'
import { background } from './background.ts'
import { consoleDeps } from './console-deps.ts'
import type { CliContext } from './context.ts'
import { elevationDeps } from './elevation-deps.ts'
import type { Host } from './host.ts'
import type { Installation } from './installation.ts'
import { connectionOf } from './connection.ts'
import { type LoginOffer, type Logins, openLogins } from './logins.ts'
import { noticeFlaw } from './notice-time.ts'
import { openLeasing } from './open-leasing.ts'
import { within } from './serving.ts'
import { busyLeasing } from './ui/busy-calls.ts'

/** The half of the wiring that brings sinks, cryptography and network. One part, because each file loaded costs a start. */
export type OnDemand = Logins & {
  readonly leasing: Leasing
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

export function onDemand(host: Host, installation: Installation, here: LoginOffer): OnDemand {
  const { places } = installation
  const leasing = busyLeasing(openLeasing(host, installation), here.busy)
  const logins = openLogins(host, installation, here)
  const uses = targetUses(nodeFileSystem, systemClock, places.state)
  const inBackground: OnDemand['inBackground'] = (command, otherwise) => {
    startDetached(background(command, host, places)).catch(() => here.terminal.note(otherwise))
  }
  const startReaper = (): void => inBackground('reap', NO_REAPER)
  const sayNoticeFlaw = (): void => {
    const flaw = noticeFlaw(host.process.env, places.config)
    if (flaw !== undefined) here.terminal.note(flaw)
  }
  const parts = { ...here, ...logins, leasing, startReaper, uses }
  return {
    ...logins,
    leasing,
    connect: async () => connectionOf(await logins.online()),
    inBackground,
    console: (serving) => consoleDeps(host, serving, here),
    elevation: async (tell) => {
      sayNoticeFlaw()
      const { counting, ...parted } = await elevationDeps(host, installation, parts)
      const deps = { ...parted, tell: counting(tell) }
      return { elevate: (order) => elevate(deps, order), explain: (wish) => explainWish(deps, wish) }
    },
    extension: async ({ tell, askReason }) => {
      sayNoticeFlaw()
      const { counting, ...parted } = await elevationDeps(host, installation, parts)
      const deps = { ...parted, within: within(host.process.env), tell: counting(tell), askReason }
      return { extend: (order) => extend(deps, order) }
    },
    used: async () => {
      const { endpoint } = await (await logins.attended()).identity()
      return (target) => uses.of(endpoint, target)
    },
  }
}
