import type { DivertSignals } from '../client/child-run.ts'
import type { ServingDeps } from '../client/served-credential.ts'
import type { LoginMessage } from '../client/login.ts'
import { mayBeWorkload } from '../client/workload/marks.ts'
import { systemClock } from '../platform/clock.ts'
import { assertHome } from '../platform/machine.ts'
import { speaksUtf8 } from '../platform/output.ts'
import { assertProgram, isInstalled, runChild } from '../platform/processes.ts'
import { readSettings } from '../platform/settings.ts'
import type { CliContext } from './context.ts'
import type { Host } from './host.ts'
import { openInstallation } from './installation.ts'
import type { OnDemand } from './on-demand.ts'
import { renewedAfterLogin } from './renewed-after-login.ts'
import { FOR_GOOGLE } from './renewing.ts'
import { servingFrom, servingKubernetesFrom } from './serving.ts'
import { promptPlaces } from './shell/places.ts'
import { tellEnds } from './tell-ends.ts'
import { tidyUp } from './tidy-up.ts'
import { inquirerAsk } from './ui/ask.ts'
import { aboveBusy, busyLine } from './ui/busy.ts'
import { busyLogin, loggedInText, showLogin } from './ui/login-text.ts'
import { spinnerLine, spinnerOf } from './ui/spinner.ts'
import type { Terminal } from './ui/terminal.ts'
import { manifest } from './version.ts'

/** What run.ts makes of the process. */
type Process = {
  readonly terminal: Terminal
  readonly signal: AbortSignal
  readonly divertSignals: DivertSignals
  readonly exit: CliContext['exit']
}

/** Wires the real thing. What costs time is behind a function and loaded at its first call. */
export function buildContext(host: Host, { signal, divertSignals, exit, ...given }: Process): CliContext {
  const { process } = host
  const { env, platform } = process
  const clock = systemClock
  const installation = openInstallation(host)
  const { places, leases, pending } = installation
  const utf8 = speaksUtf8(env, platform)
  const busy = busyLine(clock, () => spinnerLine({ stream: process.stderr, env, utf8 }))
  const terminal = aboveBusy(given.terminal, busy)
  const ask = inquirerAsk({ stderr: () => process.stderr, signal, utf8, busy })
  const endpoint = (): string | undefined => env['JIT_ENDPOINT_URL'] || readSettings(places.config).endpoint
  let loading: Promise<OnDemand> | undefined
  const loaded = (): Promise<OnDemand> => (loading ??= load())
  const load = async (): Promise<OnDemand> => {
    const { onDemand } = await import('./on-demand.ts')
    return onDemand(host, installation, { terminal, signal, ask, busy, endpoint, logInAt })
  }
  const online = async () => (await loaded()).online()
  const login: CliContext['login'] = (order) => busyLogin(busy, order, async (shown) => (await online()).login(shown))
  const logInAt = async (at: string): Promise<void> => {
    const show = (message: LoginMessage): void => showLogin(terminal, message)
    terminal.note(loggedInText(await login({ endpoint: at, show })))
  }
  const attended = async () => (await loaded()).attended()
  const servingClients = servingFrom(host, installation, { signal })
  const renewed: ServingDeps['renewed'] = (lease) =>
    busy.during(`Fetching the next credentials of ${lease.target}`, () => servingClients.renewed(lease))
  const serving = {
    ...servingClients,
    renewed: terminal.interactive ? renewedAfterLogin(renewed, installation, attended) : renewed,
  }
  const housekeeping = async () => ({ ...(await loaded()), clock })
  return {
    version: manifest.version,
    env,
    platform,
    terminal,
    clock,
    signal,
    ask,
    spinner: async () => spinnerOf(terminal, busy, { stream: process.stderr, env }),
    waiting: busy.during,
    endpoint,
    api: async () => (await attended()).api(),
    jobInPlaceOfLogin: async () => (mayBeWorkload(env) ? (await import('./job.ts')).jobInPlaceOfLogin(env) : undefined),
    login,
    logout: async () => (await online()).logout(),
    whoami: async () => (await online()).identity(),
    elevation: async (tell) => (await loaded()).elevation(tell),
    extension: async (deps) => (await loaded()).extension(deps),
    used: async () => (await loaded()).used(),
    revocation: housekeeping,
    housekeeping,
    status: async () => ({ leasing: leases, pending, notes: installation.notes, clock }),
    servingKubernetes: async () => servingKubernetesFrom(servingClients, env),
    servingGoogle: async () => servingFrom(host, installation, { signal, limits: FOR_GOOGLE }),
    serving: async () => serving,
    servingClients: async () => servingClients,
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
      if (command !== 'status') tellEnds(installation, terminal) // `jit status` shows them for a day
    },
  }
}

/** What works for nobody in particular. */
const isAboutJit = ([command = 'help', ...rest]: readonly string[]): boolean =>
  ['help', '--help', '-h', '--version', '-V', 'completion'].includes(command) || rest.includes('--help')
