import { JitError } from '../base/errors.ts'
import type { DivertSignals } from '../client/child-run.ts'
import type { Ending } from '../platform/processes.ts'
import type { Host } from './host.ts'
import { runProgram } from './program.ts'
import { readSwitches } from './switches.ts'
import { renderError } from './ui/render-error.ts'
import { openTerminal } from './ui/terminal.ts'
import { buildContext } from './wiring.ts'

const SIGNAL_EXIT_CODE = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** Runs one command line to its end: an exit code, or the signal that ended the program that it ran. Never rejects. */
export async function run(argv: readonly string[], host: Host): Promise<Ending> {
  const { process } = host
  const switches = readSwitches(argv, process.env)
  // Like its variable: what is started from here, a client that asks `jit` again included, is of the same job.
  if (switches.workload !== undefined) process.env['JIT_WORKLOAD'] = switches.workload
  const terminal = await openTerminal(process, switches)
  const fail = (thrown: unknown): number => {
    const { text, exitCode } = renderError(thrown, { ...switches, paint: terminal.paint.note })
    terminal.note(text)
    return exitCode
  }
  const interruption = onSignals(process)
  process.on('uncaughtException', (thrown) => process.exit(fail(thrown)))
  let ending: Ending = { code: 0 }
  const exit = (as: Ending): void => void (ending = as)
  try {
    const ctx = buildContext(host, { terminal, ...interruption, exit })
    await ctx.startUp(argv)
    await runProgram(ctx, argv)
    return ending
  } catch (error) {
    const code = fail(interruption.signal.aborted ? asInterruption(error) : error)
    return { code: code === SIGNAL_EXIT_CODE.SIGINT ? (interruption.exitCode() ?? code) : code }
  }
}

/** The first signal asks the command to stop in good order; the second ends the process, and the next start cleans up. */
function onSignals(process: NodeJS.Process): {
  readonly signal: AbortSignal
  readonly exitCode: () => number | undefined
  readonly divertSignals: DivertSignals
} {
  const controller = new AbortController()
  let code: number | undefined
  let diverted: ((signal: NodeJS.Signals) => void) | undefined
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (diverted !== undefined) return diverted(name)
      if (controller.signal.aborted) process.exit(SIGNAL_EXIT_CODE[name])
      code = SIGNAL_EXIT_CODE[name]
      controller.abort()
    })
  const quit = (): void => diverted?.('SIGQUIT')
  const divertSignals: DivertSignals = (handle) => {
    diverted = handle
    process.on('SIGQUIT', quit) // Ctrl-\\, which would otherwise end this process and leave the child's credentials behind
    return () => {
      diverted = undefined
      process.off('SIGQUIT', quit)
    }
  }
  return { signal: controller.signal, exitCode: () => code, divertSignals }
}

/** A call that was cut off because of the signal failed for no other reason; what failed on this machine stays what it is. */
function asInterruption(error: unknown): unknown {
  const cutOff =
    error instanceof JitError
      ? ['ENDPOINT_UNREACHABLE', 'IDP_UNREACHABLE', 'LOGIN_FAILED'].includes(error.code)
      : error instanceof Error && error.name === 'AbortError'
  return cutOff ? new JitError('INTERRUPTED', 'Interrupted.', 'How things stand: jit status', { cause: error }) : error
}
