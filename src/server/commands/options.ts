import { Option } from 'commander'
import type { Environment } from '../../base/environment.ts'
import { shellWord } from '../../base/shell-export.ts'
import type { CommandContext } from './types.ts'

export type Common = { readonly config: string; readonly json: boolean }

const DEFAULT_CONFIG = 'jit-endpoint.yaml'

/** A line to type next, about the same configuration as the one that was typed. */
export function commandLine(env: Environment, config: string, ...words: readonly string[]): string {
  const isDefault = config === DEFAULT_CONFIG && !env['JIT_ENDPOINT_CONFIG']
  return ['jit-endpoint', ...words, ...(isDefault ? [] : ['--config', config])].map(shellWord).join(' ')
}

export const configOption = ({ env }: CommandContext): Option =>
  new Option('-c, --config <file>', 'configuration file (environment: JIT_ENDPOINT_CONFIG)').default(
    env['JIT_ENDPOINT_CONFIG'] || DEFAULT_CONFIG,
  )

export const jsonOption = (): Option => new Option('--json', 'print JSON on standard output').default(false)
