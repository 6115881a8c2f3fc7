import type { Environment } from '../base/environment.ts'

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

/** Whether an environment twin of a switch says yes. */
export const isYes = (text: string | undefined): boolean =>
  text !== undefined && !['', '0', 'false', 'no', 'off'].includes(text.toLowerCase())

/** `--flag value` or `--flag=value`; the last one counts, as for commander. */
function valueOf(flags: readonly string[], flag: string): string | undefined {
  const found = flags.flatMap((each, at) =>
    each === flag ? [flags[at + 1]] : each.startsWith(`${flag}=`) ? [each.slice(flag.length + 1)] : [],
  )
  return found.at(-1)
}
