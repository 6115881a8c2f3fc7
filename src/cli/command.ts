import { Command, type Help, InvalidArgumentError, Option } from 'commander'
import type { Environment } from '../base/environment.ts'
import { parseDuration } from '../base/duration.ts'
import { statedText } from '../client/stated-text.ts'
import { SHORTEST_GRANT_SECONDS } from '../contract/request.ts'
import { readSwitch } from './switches.ts'

/**
 * A command of jit: every flag has an environment twin, `--wait-timeout` is `JIT_WAIT_TIMEOUT`. commander's own `.env()` is
 * not used because it takes any value for yes (`JIT_JSON=0` too) and reads the process instead of the context.
 */
export class JitCommand extends Command {
  constructor(name: string, { env }: { readonly env: Environment }) {
    super(name)
    this.exitOverride() // run.ts turns what is thrown into text and exit code
    this.configureOutput({ outputError: () => undefined, getOutHasColors: () => false, getErrHasColors: () => false })
    this.helpOption('-h, --help', 'show this help')
    this.hook('preAction', (hooked, acting) => {
      if (hooked === acting) for (const option of this.options) this.#readTwin(option, env)
    })
  }

  /** That a switch is off unless it is named goes without saying. */
  override createHelp(): Help {
    const help = super.createHelp()
    const described = help.optionDescription.bind(help)
    help.optionDescription = (option) => described(option).replace(/ \(default: false\)$/, '')
    help.minWidthToWrap = LEAST_WIDTH
    const inColumns = help.formatItem.bind(help)
    help.formatItem = (term, termWidth, description, helper) => {
      const width = help.helpWidth ?? HELP_WIDTH
      if (width - termWidth >= LEAST_COLUMN) return inColumns(term, termWidth, description, helper)
      return indented(2, term, indented(2, ...helper.boxWrap(description, width - 4).split('\n')))
    }
    return help
  }

  /** Of this command alone, and only when it runs: a bad `JIT_FOR` is no reason for `jit status` to fail. */
  #readTwin(option: Option, env: Environment): void {
    const [name, twin] = [option.attributeName(), twinOf(option)]
    const text = twin === undefined ? undefined : env[twin]
    if (twin === undefined || text === undefined || text === '' || this.getOptionValueSource(name) === 'cli') return
    this.setOptionValueWithSource(name, valueOf(option, text, twin), 'env')
  }
}

/** Descriptions stand beside what they describe, or below it where there is no room for them. */
const LEAST_COLUMN = 34
const LEAST_WIDTH = 12
export const HELP_WIDTH = 100

const indented = (cells: number, ...lines: readonly string[]): string =>
  lines
    .join('\n')
    .split('\n')
    .map((line) => `${' '.repeat(cells)}${line}`)
    .join('\n')

/** A flag without a twin: what it does to others must not follow from a variable that was set for something else. */
export class TypedOption extends Option {}

/** The environment variable of a flag. */
export const twinOf = (option: Option): string | undefined =>
  option instanceof TypedOption ? undefined : `JIT_${option.name().replaceAll('-', '_').toUpperCase()}`

function valueOf(option: Option, text: string, twin: string): unknown {
  if (option.negate) return !readSwitch(twin, text) // `--no-wait` is stored as `wait`
  if (option.isBoolean()) return readSwitch(twin, text)
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, undefined)
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw new InvalidArgumentError(`environment variable ${twin}: ${error.message}`)
  }
}

/** Seconds of a `--for`-like flag. */
export function duration(text: string): number {
  try {
    return parseDuration(text)
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidArgumentError(error.message)
    throw error
  }
}

/** Seconds that a grant may last. */
function grantDuration(text: string): number {
  const seconds = duration(text)
  if (seconds >= SHORTEST_GRANT_SECONDS) return seconds
  throw new InvalidArgumentError(`A grant lasts ${SHORTEST_GRANT_SECONDS} seconds at least.`)
}

/** What people will read; refused before anybody is asked. */
export const statedReason = (text: string): string => statedText('reason', text)
export const statedTicket = (text: string): string => statedText('ticket', text)

/** One of these words; completions read them from the result. */
export function choice<const T extends string>(...allowed: readonly T[]): ((text: string) => T) & Choice {
  const parse = (text: string): T => {
    const found = allowed.find((each) => each === text)
    if (found === undefined) throw new InvalidArgumentError(`Write one of ${allowed.join(', ')}.`)
    return found
  }
  return Object.assign(parse, { allowed })
}
export type Choice = { readonly allowed: readonly string[] }

/** What is asked for, as every command that asks for a new grant takes it. */
export const FOR_FLAG = [
  '--for <duration>',
  "how long: 90m, 1h30m, 5400s, PT1H30M; 15s at least (default: 1h, or the target's longest)",
  grantDuration,
] as const
export const REASON_FLAG = [
  '--reason <text>',
  'why; approvers and the audit log see it, 500 characters at most',
  statedReason,
] as const
export const JUSTIFICATION_FLAG = ['--justification <text>', 'the same as --reason', statedReason] as const
export const TICKET_FLAG = ['--ticket <id>', 'ticket that this belongs to', statedTicket] as const

export const JSON_FLAG = ['--json', 'print the result as JSON', false] as const

export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`
