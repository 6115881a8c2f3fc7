import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'

export const hasTmux = spawnSync('tmux', ['-V']).status === 0

/** A program in a real terminal emulator, whose screen can be looked at as a person sees it. */
export type InTmux = {
  /** The rows that stand there now. */
  screen(): readonly string[]
  press(key: string): void
  /** As somebody drags the corner of the window. */
  resize(columns: number, rows: number): void
  close(): void
}

type Size = { readonly columns: number; readonly rows: number }

/** `directory` gets the socket of a tmux of its own. `command` is for a shell. */
export function inTmux(
  command: string,
  {
    directory,
    env,
    columns,
    rows,
  }: Size & { readonly directory: string; readonly env: Readonly<Record<string, string>> },
): InTmux {
  const own = ['-S', join(directory, 'tmux'), '-f', '/dev/null']
  const tmux = (...args: string[]): string => execFileSync('tmux', [...own, ...args], { env, encoding: 'utf8' })
  tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), `${command}; echo ended $?; exec cat`)
  return {
    screen: () => tmux('capture-pane', '-p').trimEnd().split('\n'),
    press: (key) => void tmux('send-keys', key),
    resize: (x, y) => void tmux('resize-window', '-x', String(x), '-y', String(y)),
    close: () => void tmux('kill-server'),
  }
}
