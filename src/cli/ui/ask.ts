import { JitError } from '../../base/errors.ts'
import { terminalText } from '../../base/terminal-text.ts'
import type { Busy } from './busy.ts'
import { cells, shortened } from './table.ts'

/** `label` is one line, cut to the width of the terminal; `about` stands below the list while the choice is marked. */
export type Choice = {
  readonly value: string
  readonly label: string
  readonly about?: string
  readonly disabled?: string
}

/** Questions on a TTY. Ctrl-C rejects with INTERRUPTED. */
export type Ask = {
  readonly text: (question: string) => Promise<string>
  /** Enter says yes. */
  readonly confirm: (question: string) => Promise<boolean>
  /** A list that is narrowed by typing. */
  readonly pick: (question: string, choices: readonly Choice[]) => Promise<string>
}

export type AskDeps = {
  readonly stderr: () => NodeJS.WriteStream
  readonly signal: AbortSignal
  readonly utf8: boolean
  readonly busy: Busy
}

/** `@inquirer/prompts`, loaded at the first question, on stderr: stdout stays clean for machines. */
export function inquirerAsk({ stderr, signal, utf8, busy }: AskDeps): Ask {
  const context = () => ({ output: stderr(), signal })
  const asking = <T>(question: () => Promise<T>): Promise<T> => busy.aside(() => question().catch(interrupted))
  return {
    text: async (question) => {
      const { input } = await import('@inquirer/prompts')
      const message = terminalText(question)
      return (await asking(() => input({ message, required: true, ...plain(utf8) }, context()))).trim()
    },
    confirm: async (question) => {
      const { confirm } = await import('@inquirer/prompts')
      return asking(() => confirm({ message: terminalText(question), default: true, ...plain(utf8) }, context()))
    },
    pick: async (question, choices) => {
      const { search } = await import('@inquirer/prompts')
      const shown = choices.map((choice) => shownChoice(choice, stderr().columns - MARGIN))
      const source = (typed: string | undefined) => matching(shown, typed ?? '')
      return asking(() => search({ message: terminalText(question), source, ...plainList(utf8) }, context()))
    },
  }
}

/** Cursor, and a cell at the end so that no line wraps. */
const MARGIN = 3

function shownChoice({ value, label, about, disabled }: Choice, width: number) {
  const name = shortened(terminalText(label), width)
  return {
    value,
    name,
    short: value,
    disabled: disabled === undefined ? false : shortened(terminalText(disabled), width - cells(name) - 1),
    ...(about === undefined ? {} : { description: terminalText(about) }),
    words: terminalText(`${label} ${about ?? ''}`).toLowerCase(),
  }
}

/** Those with every word that was typed. */
function matching<T extends { readonly words: string }>(choices: readonly T[], typed: string): readonly T[] {
  const wanted = typed.toLowerCase().split(/\s+/)
  return choices.filter(({ words }) => wanted.every((word) => words.includes(word)))
}

/** Prompts with nothing but ASCII, where the terminal shows no more. */
const ASCII = { prefix: { idle: '?', done: '+' }, spinner: { interval: 100, frames: ['-'] } }
const plain = (utf8: boolean) => (utf8 ? {} : { theme: ASCII })
const plainList = (utf8: boolean) =>
  utf8 ? {} : { theme: { ...ASCII, icon: { cursor: '>' }, style: { keysHelpTip: () => 'Enter takes it' } } }

function interrupted(error: unknown): never {
  if (error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name))
    throw new JitError('INTERRUPTED', 'Interrupted: nothing was done.', '', { cause: error })
  throw error
}
