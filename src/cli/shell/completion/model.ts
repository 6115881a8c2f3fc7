import type { Argument, Command, Option } from 'commander'

/** What may stand at a place: fixed words, names that jit saw last, or a program with its own words. */
export type Source =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'targets' | 'grants' | 'requests' | 'program' | 'free' }

export type CompletedOption = {
  /** `-h`, `--help`. */
  readonly flags: readonly string[]
  readonly summary: string
  /** Absent: takes no value. */
  readonly value?: Source
}
export type CompletedCommand = {
  readonly name: string
  readonly aliases: readonly string[]
  readonly summary: string
  readonly options: readonly CompletedOption[]
  readonly places: readonly Source[]
  /** The last place takes any number. */
  readonly variadic: boolean
}
export type CompletionModel = {
  readonly options: readonly CompletedOption[]
  readonly commands: readonly CompletedCommand[]
}

/** The command tree as completions need it. */
export function completionModel(program: Command): CompletionModel {
  const names = program.commands.map((each) => each.name())
  return {
    options: optionsOf(program),
    commands: program.commands.map((command) => {
      const { registeredArguments: places } = command
      return {
        name: command.name(),
        aliases: command.aliases(),
        summary: command.summary(),
        options: optionsOf(command),
        places: places.map((each) => placeOf(command.name(), each, names)),
        variadic: places.at(-1)?.variadic === true,
      }
    }),
  }
}

const optionsOf = (command: Command): readonly CompletedOption[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      flags: [option.short, option.long].flatMap((flag) => flag ?? []),
      summary: option.description,
      ...(option.required || option.optional ? { value: valueOf(option) } : {}),
    }))

function valueOf(option: Option): Source {
  if (option.long === '--request') return { kind: 'requests' }
  return wordsOf(option.parseArg) ?? { kind: 'free' }
}

/** Commands that ask for access; the others work with what is there. */
const ASKING = ['elevate', 'exec']
const TOPICS = ['exit-codes', 'environment']

function placeOf(command: string, argument: Argument, commands: readonly string[]): Source {
  const name = argument.name()
  if (name === 'target') return { kind: ASKING.includes(command) ? 'targets' : 'grants' }
  if (name === 'target-or-grant') return { kind: 'grants' }
  if (name === 'id' && ['cancel', 'requests'].includes(command)) return { kind: 'requests' }
  if (name === 'command') return { kind: 'program' }
  if (name === 'topic') return { kind: 'words', words: [...commands, ...TOPICS] }
  return wordsOf(argument.parseArg) ?? { kind: 'free' }
}

/** See `choice` in command.ts. */
function wordsOf(parse: unknown): Source | undefined {
  if (typeof parse !== 'function' || !('allowed' in parse) || !Array.isArray(parse.allowed)) return undefined
  return { kind: 'words', words: parse.allowed.map(String) }
}

/** First sentence at most, so that a menu stays a menu. */
export const short = (summary: string): string => summary.replace(/[;:(].*$/s, '').trim()
