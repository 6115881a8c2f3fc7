import { execFileSync } from 'node:child_process'
import { eventually } from '../support/eventually.ts'

/** A bash on a terminal that can be looked at: what a tmux of its own has on its screen, colours and all. */
export type Screen = {
  /** Types a line, presses Enter, and waits until the screen says this. */
  enter(line: string, until: RegExp): Promise<void>
  /** Types without Enter. */
  type(keys: string, until: RegExp): Promise<void>
  /** Ctrl-C, Ctrl-L, … */
  control(letter: string): void
  picture(): string
  close(): void
}

export function openScreen(env: Readonly<Record<string, string>>, rows: number): Screen {
  const socket = `jit-pictures-${process.pid}`
  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { env: { ...env }, encoding: 'utf8' })
  tmux('new-session', '-d', '-x', '96', '-y', String(rows), 'bash --norc --noprofile -i')
  const said = async (until: RegExp): Promise<void> => {
    const isThere = (): boolean => until.test(tmux('capture-pane', '-p'))
    if (await eventually(isThere, true, { withinMs: 60_000 })) return
    throw new Error(`The screen does not say ${String(until)}:\n${tmux('capture-pane', '-p')}`)
  }
  const type = async (keys: string, until: RegExp): Promise<void> => {
    tmux('send-keys', '-l', keys)
    await said(until)
  }
  return {
    type,
    enter: async (line, until) => {
      tmux('send-keys', '-l', line)
      tmux('send-keys', 'Enter')
      await said(until)
    },
    control: (letter) => void tmux('send-keys', `C-${letter}`),
    picture: () => tmux('capture-pane', '-p', '-e').trimEnd(),
    close: () => void tmux('kill-server'),
  }
}
