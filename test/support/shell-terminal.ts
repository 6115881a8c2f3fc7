import { type AtTerminal, programAtTerminal } from './terminal.ts'

export const PROMPTED_SHELLS = ['bash', 'zsh', 'fish'] as const
export type PromptedShell = (typeof PROMPTED_SHELLS)[number]

const READY = 'READY> '
const ARGUMENTS: Readonly<Record<PromptedShell, readonly string[]>> = {
  bash: ['--norc', '--noprofile', '-i'],
  zsh: ['-f', '-i'],
  fish: ['--no-config', '-i'],
}
/** Makes the shell's own prompt known to this file. */
const OWN_PROMPT: Readonly<Record<PromptedShell, string>> = {
  bash: `PS1='READY''> '`,
  zsh: `PROMPT='READY''> '; unsetopt prompt_sp; unsetopt zle_bracketed_paste`,
  fish: `function fish_prompt; printf 'READY''> '; end; set -g fish_greeting`,
}

/** A shell as a person sits at it. */
export type ShellAtTerminal = {
  /** Types this, waits for what it prints and for the next prompt. */
  run(command: string): Promise<string>
  /** What stands before the shell's own prompt now, as it is written: colours and all. */
  rawPrompt(): Promise<string>
  /** The same, as it is read. */
  prompt(): Promise<string>
  /** Presses keys; resolves when the screen has said `pattern` since. */
  press(keys: string, pattern: RegExp): Promise<string>
  close(): Promise<void>
}

type Started = {
  readonly env: Readonly<Record<string, string>>
  readonly columns?: number
  /** Words before the shell's own, such as `strace -f`. */
  readonly under?: readonly string[]
}

export async function shellAtTerminal(
  shell: PromptedShell,
  { env, columns = 120, under = [] }: Started,
): Promise<ShellAtTerminal> {
  const [program = shell, ...args] = [...under, shell, ...ARGUMENTS[shell]]
  const terminal = programAtTerminal(program, args, { LC_ALL: 'C.UTF-8', ...env }, { columns })
  let turn = 0
  const run = async (command: string): Promise<{ readonly output: string; readonly prompt: string }> => {
    turn += 1
    const from = terminal.screen().length
    // Written in two pieces, so that only what is printed matches, not what is typed.
    terminal.types(`${command}\r echo en''d${turn}d\r`)
    await sees(terminal, from, new RegExp(`end${turn}d\r?\n[^]*${READY}`))
    const text = terminal.screen().slice(from)
    const [output = '', rest = ''] = text.split(`end${turn}d`)
    const drawn = rest.slice(0, rest.indexOf(READY))
    return { output, prompt: drawn.slice(Math.max(drawn.lastIndexOf('\r'), drawn.lastIndexOf('\n')) + 1) }
  }
  await sees(terminal, 0, /[#$>%] /)
  await run(OWN_PROMPT[shell])
  return {
    run: async (command) => readable((await run(command)).output),
    rawPrompt: async () => (await run('')).prompt,
    prompt: async () => readable((await run('')).prompt),
    press: async (keys, pattern) => {
      const from = terminal.screen().length
      terminal.types(keys)
      await sees(terminal, from, pattern)
      return readable(terminal.screen().slice(from))
    },
    close: async () => {
      terminal.close()
      await terminal.ended
    },
  }
}

/** Sooner than any test gives up, so that it says what the screen said instead. */
const PATIENCE_MS = 50_000

async function sees(terminal: AtTerminal, from: number, pattern: RegExp): Promise<void> {
  const since = (): string => terminal.screen().slice(from)
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new Error(`The screen does not say ${String(pattern)}:\n${readable(since())}`)),
    PATIENCE_MS,
  )
  const seen = terminal.sees({ test: () => pattern.test(since()), toString: () => String(pattern) })
  await Promise.race([seen, late.promise]).finally(() => clearTimeout(timer))
}

/** Without the sequences that set colours, titles and modes. */
export const readable = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  text.replaceAll(/\u001b\][^\u0007]*\u0007|\u001b[[(][\d;?>]*[A-Za-z]|\u001b[=>]|\u0007/g, '')
