import type { Environment } from '../base/environment.ts'

/** What must be known even where the command line cannot be parsed. */
export type Switches = { readonly json: boolean; readonly nonInteractive: boolean; readonly debug: boolean }

export function readSwitches(argv: readonly string[], env: Environment): Switches {
  const end = argv.indexOf('--')
  const flags = end < 0 ? argv : argv.slice(0, end)
  return {
    json: flags.includes('--json') || isYes(env['JIT_JSON']),
    nonInteractive: flags.includes('--non-interactive') || isYes(env['JIT_NON_INTERACTIVE']),
    debug: isYes(env['JIT_DEBUG']),
  }
}

/** Whether an environment twin of a switch says yes. */
export const isYes = (text: string | undefined): boolean =>
  text !== undefined && !['', '0', 'false', 'no', 'off'].includes(text.toLowerCase())
