import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ProcessJob } from './lease-process.ts'

export type Running = {
  readonly child: ChildProcess
  /** The next line on stdout; `undefined` when the process has ended. */
  line(): Promise<string | undefined>
  /** SIGKILL, and wait until it is dead. */
  kill(): Promise<void>
  /** Everything said until the end. */
  end(): Promise<readonly string[]>
}

/** The job in a process of its own, started by `prefix` (such as `unshare -m`) where given. */
export function startJob(job: ProcessJob, prefix: readonly string[] = []): Running {
  const command = [...prefix, process.execPath, join(import.meta.dirname, 'lease-process.ts'), JSON.stringify(job)]
  const [file = '', ...args] = command
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async (): Promise<string | undefined> => {
    const next = await lines.next()
    return next.done === true ? undefined : next.value
  }
  return {
    child,
    line,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async end() {
      const said: string[] = []
      for (let next = await line(); next !== undefined; next = await line()) said.push(next)
      await exited
      return said
    },
  }
}
