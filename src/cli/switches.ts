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
    nonInteractive: flags.includes('--non-interactive') || isYes(env['JIT_NON_INTERACTIVE']),
    debug: isYes(env['JIT_DEBUG']),
  }
}

/** The twin of a switch, which is set: 1 or 0. Throws `USAGE` for anything else, which may mean either. */
export function readSwitch(twin: string, text: string): boolean {
  if (text === '1' || text === '0') return text === '1'
  throw new JitError(
    'USAGE',
    `${twin} is set to ${JSON.stringify(text)}: it takes 1 or 0.`,
    'Set it to one of them, or unset it.',
  )
}

/** Of no command alone, so no command reads them. Throws as {@link readSwitch} does. */
export function assertSwitches(env: Environment): void {
  for (const twin of ['JIT_NON_INTERACTIVE', 'JIT_DEBUG']) readSwitch(twin, env[twin] || '0')
}

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
