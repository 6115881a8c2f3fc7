import type { Environment } from '../base/environment.ts'
import { JitError } from '../base/errors.ts'

/** What must be known even where the command line cannot be parsed. */
export type Switches = {
  readonly json: boolean
  readonly nonInteractive: boolean
  readonly debug: boolean
  readonly workload?: string
}

export function readSwitches(argv: readonly string[], env: Environment): Switches {
  const end = argv.indexOf('--')
  const flags = end < 0 ? argv : argv.slice(0, end)
  const workload = valueOf(flags, '--workload')
  return {
    ...(workload === undefined ? {} : { workload }),
    json: flags.includes('--json') || isYes(env['JIT_JSON']),
    nonInteractive: flags.includes('--non-interactive') || isSet(env['JIT_NON_INTERACTIVE']),
    debug: isSet(env['JIT_DEBUG']),
  }
}

/** What the variable of a switch may say; '' is as if it were not set. */
export const isSwitchText = (text: string | undefined): boolean => ['', '1', '0'].includes(text ?? '')

/** The twin of a switch, which is set. Throws `USAGE` for what may mean either. */
export function readSwitch(twin: string, text: string): boolean {
  if (isSwitchText(text)) return isSet(text)
  throw new JitError(
    'USAGE',
    `${twin} is set to ${JSON.stringify(text)}: it takes 1 or 0.`,
    'Set it to one of them, or unset it.',
  )
}

/** They change what is said, not what is done: a slip in them is told, and stops neither `jit revoke` nor what clients ask. */
const ABOUT_WORDS = ['JIT_NON_INTERACTIVE', 'JIT_DEBUG']

/** Variables that are of every command, and that say neither 1 nor 0. */
export const oddSwitches = (env: Environment): readonly string[] =>
  ABOUT_WORDS.filter((twin) => !isSwitchText(env[twin]))

const isSet = (text: string | undefined): boolean => !['', '0'].includes(text ?? '')

/** For variables of others, and where no failure can be told yet: the command itself refuses what is neither 1 nor 0. */
export const isYes = (text: string | undefined): boolean =>
  text !== undefined && !['', '0', 'false', 'no', 'off'].includes(text.toLowerCase())

/** `--flag value` or `--flag=value`; the last one counts, as for commander. */
function valueOf(flags: readonly string[], flag: string): string | undefined {
  const found = flags.flatMap((each, at) =>
    each === flag ? [flags[at + 1]] : each.startsWith(`${flag}=`) ? [each.slice(flag.length + 1)] : [],
  )
  return found.at(-1)
}
