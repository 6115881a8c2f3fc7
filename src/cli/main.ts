import { constants, hostname } from 'node:os'
import { homeOf } from '../platform/machine.ts'
import type { Ending } from '../platform/processes.ts'
import type { Host } from './host.ts'

/**
 * The program: argv in, exit code out. Ends the process itself: a shell shall not wait for an idle connection or a timer.
 * `script` is the path of bin/jit.js.
 */
export async function main(script: string): Promise<void> {
  const host: Host = { process, home: homeOf(), hostname: hostname(), script }
  const argv = process.argv.slice(2)
  if (argv[0] === 'reap' && argv.length === 1) {
    const { reap } = await import('./reap.ts')
    await reap(host)
    process.exit(0)
  }
  const { run } = await import('./run.ts')
  end(await run(argv, host))
}

/** A shell that waits looks at the signal, not at the code, to know whether Ctrl-C was meant for it too. */
const RAISED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** As the program ended that was run. Signals that would dump our memory, where keys have been, become the code that shells give them. */
function end(ending: Ending): void {
  if ('code' in ending) process.exit(ending.code)
  // The first process of a container dies of no signal that it does not handle, and would end as if all were well.
  if (!RAISED.includes(ending.signal) || process.pid === 1) process.exit(128 + (constants.signals[ending.signal] ?? 0))
  process.removeAllListeners(ending.signal)
  process.kill(process.pid, ending.signal)
}
