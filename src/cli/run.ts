import { JitError } from '../base/errors.ts'
import type { Host } from './host.ts'
import { runProgram } from './program.ts'
import { readSwitches } from './switches.ts'
import { renderError } from './ui/render-error.ts'
import { openTerminal } from './ui/terminal.ts'
import { buildContext } from './wiring.ts'

const SIGNAL_EXIT_CODE = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** Runs one command line to its exit code. Never rejects. */
export async function run(argv: readonly string[], host: Host): Promise<number> {
  const { process } = host
  const switches = readSwitches(argv, process.env)
  const terminal = await openTerminal(process, switches)
  const fail = (thrown: unknown): number => {
    const { text, exitCode } = renderError(thrown, { ...switches, paint: terminal.paint.note })
    terminal.note(text)
    return exitCode
  }
  const interruption = onSignals(process)
  process.on('uncaughtException', (thrown) => process.exit(fail(thrown)))
  try {
    const ctx = buildContext(host, { terminal, signal: interruption.signal })
    await ctx.startUp(argv)
    await runProgram(ctx, argv)
    return 0
  } catch (error) {
    const exitCode = fail(interruption.signal.aborted ? asInterruption(error) : error)
    return exitCode === SIGNAL_EXIT_CODE.SIGINT ? (interruption.exitCode() ?? exitCode) : exitCode
  }
}

/** The first signal asks the command to stop in good order; the second ends the process, and the next start cleans up. */
function onSignals(process: NodeJS.Process): {
  readonly signal: AbortSignal
  readonly exitCode: () => number | undefined
} {
  const controller = new AbortController()
  let code: number | undefined
  for (const [name, exitCode] of Object.entries(SIGNAL_EXIT_CODE))
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCode)
      code = exitCode
      controller.abort()
    })
  return { signal: controller.signal, exitCode: () => code }
}

/** A call that was cut off because of the signal failed for no other reason; what failed on this machine stays what it is. */
function asInterruption(error: unknown): unknown {
  const cutOff =
    error instanceof JitError
      ? ['ENDPOINT_UNREACHABLE', 'IDP_UNREACHABLE', 'LOGIN_FAILED'].includes(error.code)
      : error instanceof Error && error.name === 'AbortError'
  return cutOff ? new JitError('INTERRUPTED', 'Interrupted.', 'How things stand: jit status', { cause: error }) : error
}
