import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import type { Ended } from '../support/launch.ts'
import { type Call, readCalls } from './trace.ts'

/** Whatever brings bytes to a file or to somebody, and whatever makes them readable. */
const CALLS =
  'execve,open,openat,creat,chmod,fchmod,fchmodat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,write,pwrite64,writev,pwritev,sendto,sendmsg,ftruncate'
const STRACE = [
  '-ff',
  '-ttt',
  '-xx',
  '-y',
  '-v',
  '-s',
  '1000000',
  '--seccomp-bpf',
  '-e',
  `trace=${CALLS}`,
  '-e',
  'signal=none',
]
const COMMAND_MS = 60_000

/** Its output is an answer to whoever started it, and may be a secret. */
export const ANSWER = '-answer.out'

/** A bash under strace: all that it starts is traced, whatever becomes of it. */
export type TracedShell = {
  /** One command line, to its end; what it leaves running goes on. */
  run(
    line: string,
    options?: { readonly answers?: boolean; readonly onStderr?: (text: string) => Promise<void> },
  ): Promise<Ended>
  /** Ends the shell, waits for all that it started, and reads what they did. */
  close(): Promise<readonly Call[]>
}

export function tracedShell(directory: string, env: Readonly<Record<string, string>>): TracedShell {
  mkdirSync(directory, { recursive: true })
  const trace = join(directory, 'trace')
  const args = [...STRACE, '-o', trace, 'bash', '--norc', '--noprofile']
  const shell = spawn('strace', args, { env, stdio: ['pipe', 'ignore', 'inherit'] })
  const ended = once(shell, 'exit')
  shell.stdin.write('umask 022\n')
  let count = 0
  return {
    async run(line, { answers = false, onStderr } = {}) {
      const at = join(directory, `${count++}`)
      const [out, err, code] = [`${at}${answers ? ANSWER : '.out'}`, `${at}.err`, `${at}.code`]
      shell.stdin.write(`{ ${line}\n} >'${out}' 2>'${err}' </dev/null; echo $? >'${code}'\n`)
      await onStderr?.(err)
      const isOver = (): boolean => existsSync(code) && readFileSync(code, 'utf8').endsWith('\n')
      if (!(await eventually(isOver, true, { withinMs: COMMAND_MS })))
        throw new Error(`${line} did not come to an end: ${readFileSync(err, 'utf8')}`)
      const text = (file: string): string => readFileSync(file, 'utf8')
      return { code: Number(text(code)), signal: null, stdout: text(out), stderr: text(err) }
    },
    async close() {
      shell.stdin.end('exit\n')
      await ended
      return readCalls(
        readdirSync(directory)
          .filter((name) => name.startsWith('trace.'))
          .map((name) => join(directory, name)),
      )
    },
  }
}
