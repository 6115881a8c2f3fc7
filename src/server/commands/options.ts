import { Option } from 'commander'
import type { CommandContext } from './types.ts'

export type Common = { readonly config: string; readonly json: boolean }

const DEFAULT_CONFIG = 'jit-endpoint.yaml'

export const configOption = ({ env }: CommandContext): Option =>
  new Option('-c, --config <file>', 'configuration file (environment: JIT_ENDPOINT_CONFIG)').default(
    env['JIT_ENDPOINT_CONFIG'] || DEFAULT_CONFIG,
  )

export const jsonOption = (): Option => new Option('--json', 'print JSON on standard output').default(false)
