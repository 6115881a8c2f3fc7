import { spawn } from 'node:child_process'

export type Ended = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}
export type Running = {
  readonly argv: readonly string[]
  readonly pid: number
  readonly done: Promise<Ended>
  stderr(): string
  kill(signal: NodeJS.Signals): void
  /** Resolves with the first match in what the program wrote to stderr; rejects when it ends without one. */
  says(pattern: RegExp): Promise<RegExpExecArray>
}

/** A program with exactly this environment; its output is kept. */
export function launch(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Running {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const text = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text.stdout += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text.stderr += part
    for (const listener of listeners) listener()
  })
  const done = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...text }))
  })
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(text.stderr)
        if (found === null) return
        listeners.delete(look)
        resolve(found)
      }
      listeners.add(look)
      look()
      done.then(({ code }) => reject(new Error(`ended (${code}) without ${pattern}:\n${text.stderr}`)), reject)
    })
  return {
    argv: [program, ...args],
    pid: child.pid ?? 0,
    done,
    stderr: () => text.stderr,
    kill: (signal) => child.kill(signal),
    says,
  }
}
