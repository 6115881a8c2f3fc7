import { join } from 'node:path'
import { reasonOf } from '../base/errors.ts'
import { sweep } from '../client/housekeeping.ts'
import type { DivertSignals } from '../client/child-run.ts'
import { isAnotherOverdue } from '../client/leases/others.ts'
import { systemClock } from '../platform/clock.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { assertHome } from '../platform/machine.ts'
import { speaksUtf8 } from '../platform/output.ts'
import { assertProgram, isInstalled, runChild } from '../platform/processes.ts'
import { readSettings } from '../platform/settings.ts'
import { isTimeAgain } from '../platform/throttle.ts'
import type { CliContext } from './context.ts'
import type { Host } from './host.ts'
import { type Installation, openInstallation } from './installation.ts'
import type { OnDemand } from './on-demand.ts'
import { FOR_GOOGLE } from './renewing.ts'
import { servingFrom, servingKubernetesFrom } from './serving.ts'
import { promptPlaces } from './shell/places.ts'
import { inquirerAsk } from './ui/ask.ts'
import { loadSpinner } from './ui/spinner.ts'
import { stuckText, sweptText } from './ui/sweep-text.ts'
import type { Terminal } from './ui/terminal.ts'
import { manifest } from './version.ts'

const OUTBOX_INTERVAL_MS = 30_000
const OTHERS_INTERVAL_MS = 10 * 60_000
const NOT_TOLD = 'The endpoint could not be told yet what ended here. Type: jit sweep'

/** What run.ts makes of the process. */
type Process = {
  readonly terminal: Terminal
  readonly signal: AbortSignal
  readonly divertSignals: DivertSignals
  readonly exit: CliContext['exit']
}

/** Wires the real thing. What costs time is behind a function and loaded at its first call. */
export function buildContext(host: Host, { terminal, signal, divertSignals, exit }: Process): CliContext {
  const { process } = host
  const { env, platform } = process
  const clock = systemClock
  const installation = openInstallation(host)
  const { places, leases, pending } = installation
  let loading: Promise<OnDemand> | undefined
  const loaded = (): Promise<OnDemand> => (loading ??= load())
  const load = async (): Promise<OnDemand> => {
    const { onDemand } = await import('./on-demand.ts')
    return onDemand(host, installation, { terminal, signal })
  }
  const online = async () => (await loaded()).online()
  const serving = servingFrom(host, installation, { signal })
  const housekeeping = async () => ({ ...(await loaded()), clock })
  return {
    version: manifest.version,
    env,
    platform,
    terminal,
    clock,
    signal,
    ask: inquirerAsk(() => process.stderr, signal),
    spinner: () => loadSpinner(terminal, { stream: process.stderr, utf8: speaksUtf8(env, platform) }),
    endpoint: () => env['JIT_ENDPOINT_URL'] || readSettings(places.config).endpoint,
    api: async () => (await online()).api(),
    login: async (order) => (await online()).login(order),
    logout: async () => (await online()).logout(),
    whoami: async () => (await online()).identity(),
    elevation: async (tell) => (await loaded()).elevation(tell),
    revocation: housekeeping,
    housekeeping,
    status: async () => ({ leasing: leases, pending, notes: installation.notes, clock }),
    servingKubernetes: async () => servingKubernetesFrom(serving, env),
    servingGoogle: async () => servingFrom(host, installation, { signal, limits: FOR_GOOGLE }),
    serving: async () => serving,
    guiding: async () => (await loaded()).leasing,
    isInstalled: (program) => isInstalled(program, env, platform),
    children: async () => ({
      runChild,
      divertSignals,
      onTerminal: terminal.inIsTty,
      assertProgram: (file) => assertProgram(file, env, platform),
    }),
    console: async () => (await loaded()).console(serving),
    exit,
    pending: async () => pending,
    doctor: async () => {
      const { openDoctor } = await import('./open-doctor.ts')
      return openDoctor(host, installation, loaded)
    },
    promptPlaces: () => promptPlaces(host, installation),
    startUp: async (argv) => {
      const [command] = argv
      if (!isAboutJit(argv)) assertHome(places)
      if (command !== 'sweep') await tidyUp(installation, terminal, loaded) // `jit sweep` does the same, and says so
    },
  }
}

async function tidyUp(installation: Installation, terminal: Terminal, loaded: () => Promise<OnDemand>): Promise<void> {
  if (installation.leases.due() || isLeftByAnother(installation)) await sweepQuietly(terminal, loaded)
  const tried = join(installation.root, 'outbox-tried')
  if (installation.leases.outbox.list().length === 0 || !isTimeAgain(tried, OUTBOX_INTERVAL_MS, systemClock.now()))
    return
  const { inBackground } = await loaded()
  inBackground('sweep', NOT_TOLD)
}

/** What works for nobody in particular. */
const isAboutJit = ([command = 'help', ...rest]: readonly string[]): boolean =>
  ['help', '--help', '-h', '--version', '-V', 'completion'].includes(command) || rest.includes('--help')

/** Not asked again for some minutes: the records themselves are for the other machine to drop. */
function isLeftByAnother({ root }: Installation): boolean {
  const swept = join(root, 'others-swept')
  return (
    isAnotherOverdue(nodeFileSystem, root, systemClock) && isTimeAgain(swept, OTHERS_INTERVAL_MS, systemClock.now())
  )
}

/** What was asked for goes on whatever happens here; `status` and the next start show and retry what is left. */
async function sweepQuietly(terminal: Terminal, loaded: () => Promise<OnDemand>): Promise<void> {
  try {
    const done = await sweep(await loaded())
    for (const line of sweptText(done)) terminal.note(line)
    const stuck = stuckText(done)
    if (stuck !== '') terminal.note(`Still on this machine: ${stuck}. Where each secret lies: jit status`)
  } catch (error) {
    const why = reasonOf(error)
    terminal.note(`Credentials that are over could not be removed yet. ${why} Try: jit sweep`)
  }
}
