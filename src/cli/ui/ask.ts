import { JitError } from '../../base/errors.ts'
import { terminalText } from '../../base/terminal-text.ts'

type Choice = { readonly value: string; readonly label: string; readonly disabled?: string }

/** Questions on a TTY. Ctrl-C rejects with INTERRUPTED. */
export type Ask = {
  readonly text: (question: string) => Promise<string>
  readonly pick: (question: string, choices: readonly Choice[]) => Promise<string>
}

/** `@inquirer/prompts`, loaded at the first question, on stderr: stdout stays clean for machines. */
export function inquirerAsk(stderr: () => NodeJS.WriteStream, signal: AbortSignal): Ask {
  const context = () => ({ output: stderr(), signal })
  return {
    text: async (question) => {
      const { input } = await import('@inquirer/prompts')
      const answered = input({ message: question, required: true }, context())
      return (await answered.catch(interrupted)).trim()
    },
    pick: async (question, choices) => {
      const { search } = await import('@inquirer/prompts')
      const shown = choices.map(({ value, label, disabled }) => ({
        value,
        name: terminalText(label),
        disabled: disabled === undefined ? false : terminalText(disabled),
      }))
      const matching = (typed: string | undefined) =>
        shown.filter(({ name }) => name.toLowerCase().includes((typed ?? '').toLowerCase()))
      return search({ message: question, source: matching }, context()).catch(interrupted)
    },
  }
}

function interrupted(error: unknown): never {
  if (error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name))
    throw new JitError('INTERRUPTED', 'Interrupted: nothing was asked.', '', { cause: error })
  throw error
}
