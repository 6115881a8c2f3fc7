import { homedir, hostname } from 'node:os'
import type { Host } from './host.ts'

/**
 * The program: argv in, exit code out. Ends the process itself: a shell shall not wait for an idle connection or a timer.
 * `script` is the path of bin/jit.js.
 */
export async function main(script: string): Promise<void> {
  const host: Host = { process, home: homedir(), hostname: hostname(), script }
  const argv = process.argv.slice(2)
  if (argv[0] === 'reap' && argv.length === 1) {
    const { reap } = await import('./reap.ts')
    await reap(host)
    process.exit(0)
  }
  const { run } = await import('./run.ts')
  process.exit(await run(argv, host))
}
