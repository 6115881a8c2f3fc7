import { resolve } from 'node:path'
import { spawn } from '@lydell/node-pty'

/** A `RegExp`, or what can stand for one. */
type Pattern = { test(screen: string): boolean; toString(): string }

export type AtTerminal = {
  /** Resolves once the screen has said this; rejects when the program ends before. */
  sees(pattern: Pattern): Promise<void>
  types(keys: string): void
  /** All that was written to the screen, with its control sequences. */
  screen(): string
  /** Ends the program at once. */
  close(): void
  readonly ended: Promise<{ readonly code: number; readonly screen: string }>
}

type Size = { readonly columns?: number }

/** The built `jit` at a real pseudo-terminal. */
export const atTerminal = (
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  size: Size = {},
): AtTerminal => programAtTerminal(process.execPath, [resolve('bin/jit.js'), ...args], env, size)

/** Any program at a real pseudo-terminal. */
export function programAtTerminal(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { columns = 80 }: Size = {},
): AtTerminal {
  const terminal = spawn(program, [...args], {
    cols: columns,
    rows: 24,
    name: env['TERM'] ?? 'xterm-256color',
    env: { TERM: 'xterm-256color', ...env },
  })
  let screen = ''
  const waiting = new Set<() => void>()
  terminal.onData((text) => {
    screen += text
    for (const look of waiting) look()
  })
  const ended = new Promise<{ code: number; screen: string }>((done) => {
    terminal.onExit(({ exitCode }) => done({ code: exitCode, screen }))
  })
  return {
    sees: (pattern) =>
      new Promise((done, fail) => {
        const look = (): void => {
          if (!pattern.test(screen)) return
          waiting.delete(look)
          done()
        }
        waiting.add(look)
        look()
        void ended.then(({ code }) => fail(new Error(`ended (${code}) without ${String(pattern)}:\n${screen}`)))
      }),
    types: (keys) => terminal.write(keys),
    screen: () => screen,
    close: () => terminal.kill('SIGKILL'),
    ended,
  }
}
