import manifest from '../../package.json' with { type: 'json' }
import { systemClock } from '../platform/clock.ts'
import { standardOutput } from '../platform/output.ts'
import { readTextFile, replaceTextFile, writeNewTextFile } from '../platform/text-file.ts'
import { run } from './commands/program.ts'
import type { CommandContext, Operations } from './commands/types.ts'

/** `jit-endpoint`: argv in, exit code out. The composition root: everything that touches the machine is chosen here. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<number> {
  const output = standardOutput(process)
  const ctx: CommandContext = {
    env: process.env,
    version: manifest.version,
    out: (line) => output.out(line),
    note: (line) => output.note(line),
    write: (text) => output.write(text),
    operations,
  }
  try {
    return await run(argv, ctx)
  } catch (error) {
    output.note(error instanceof Error ? (error.stack ?? error.message) : String(error))
    return 1
  }
}

async function operations(): Promise<Operations> {
  const { makeOperations } = await import('./operations.ts')
  return makeOperations({
    env: process.env,
    clock: systemClock,
    readText: readTextFile,
    writeNew: writeNewTextFile,
    replace: replaceTextFile,
    around: serving,
  })
}

/** What only `serve` needs. */
async function serving() {
  const [{ httpServer }, { nodeHttp }, { useProxyFromEnv }, { systemRandom }, { makeLog }] = await Promise.all([
    import('../platform/http-server.ts'),
    import('../platform/http-node.ts'),
    import('../platform/proxy.ts'),
    import('../platform/random.ts'),
    import('./http/log.ts'),
  ])
  await useProxyFromEnv(process.env)
  const output = standardOutput(process)
  return {
    random: systemRandom,
    http: nodeHttp,
    log: makeLog({ write: (line) => output.note(line.trimEnd()) }),
    stopping: askedToStop(),
    makeServer: httpServer,
  }
}

/** Fires at the first SIGTERM, SIGINT or SIGHUP; a second one ends the process as if nobody listened. */
function askedToStop(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => stop.abort())
  return stop.signal
}
