import { join, resolve, sep } from 'node:path'
import { type OwnMark, ownMark, readOwnMark } from '../own-mark.ts'
import type { Delivery, FileContent } from './types.ts'
import { checkedProperties, type GcpDelivered } from './gcp.ts'
import type { SinkDeps } from './deps.ts'

/** gcloud's own directory: `CLOUDSDK_CONFIG`, or the system's place (`googlecloudsdk/core/config.py`). Absolute: the reaper works elsewhere. */
export function gcloudHome({ env, home }: SinkDeps): string {
  const own = env['CLOUDSDK_CONFIG']
  if (own !== undefined && own !== '') return resolve(own)
  const roaming = env['APPDATA']
  return sep === '\\' && roaming !== undefined && roaming !== ''
    ? join(roaming, 'gcloud')
    : join(home, '.config/gcloud')
}

export const configurationFile = (directory: string, name: string): string =>
  join(directory, 'configurations', `config_${name}`)
export const activeConfigFile = (directory: string): string => join(directory, 'active_config')

/** gcloud deletes an `active_config` with any other name in it, and does not forgive an end of line (`named_configs.py`). */
export const CONFIGURATION_NAME = /^(NONE|[a-z][-a-z0-9]*)$/

/** Whose configuration it is. `before`: what was active when it was written, by the user's own choice. */
export type Mark = OwnMark & { readonly before?: string }

/** What a configuration of this lease holds, and of no other: what `ownMark` writes, up to the time. */
export const markStart = (lease: string): string => `mark = jit ${lease} exp=`

const BEFORE = /^\[jit\]\r?\nmark = .*\r?\nbefore = (NONE|[a-z][-a-z0-9]*)\r?$/m

export function markOf(bytes: Buffer | undefined): Mark | undefined {
  const mark = bytes === undefined ? undefined : readOwnMark(bytes)
  const before = BEFORE.exec(bytes?.toString('latin1') ?? '')?.[1]
  return mark === undefined || before === undefined ? mark : { ...mark, before }
}

/**
 * A configuration that takes its access token from a file, or from nowhere. Without its log files: `print-access-token` and
 * `config-helper` write the token into them, readable to everybody (aws-gcloud.md §5a).
 */
export function configurationContent(
  { credential, lease, endsAt }: Pick<Delivery<GcpDelivered>, 'credential' | 'lease' | 'endsAt'>,
  { tokenFile, before }: { readonly tokenFile?: string; readonly before?: string | undefined } = {},
): FileContent {
  const { project, principal, region } = checkedProperties(credential)
  const sections: readonly (readonly [string, Readonly<Record<string, string | undefined>>])[] = [
    // A section of its own, and the first: `gcloud config set` drops comments, and keeps sections that it does not know.
    ['jit', { mark: ownMark(lease, endsAt), before }],
    ['core', { account: principal, project, disable_file_logging: 'True' }],
    ['auth', { access_token_file: tokenFile }],
    ['compute', { region }],
  ]
  const blocks = sections.map(([name, values]) => block(name, values)).filter((text) => text !== undefined)
  return { content: `# Made by jit, which removes it when the grant ends.\n${blocks.join('\n')}`, secrets: [] }
}

function block(name: string, values: Readonly<Record<string, string | undefined>>): string | undefined {
  const lines = Object.entries(values).flatMap(
    ([key, value]) => (value === undefined ? [] : [`${key} = ${value.replaceAll('%', '%%')}\n`]), // configparser interpolates
  )
  return lines.length === 0 ? undefined : `[${name}]\n${lines.join('')}`
}

/** The project that a configuration of ours names. */
export const projectIn = (bytes: Buffer | undefined): string | undefined =>
  /^project = ([a-z0-9.:-]+)\r?$/m.exec(bytes?.toString('latin1') ?? '')?.[1]
