import { join, sep } from 'node:path'
import type { FileContent, Held } from './types.ts'
import { checkedProperties, type GcpDelivered } from './gcp.ts'
import type { SinkDeps } from './deps.ts'

/** gcloud's own directory: `CLOUDSDK_CONFIG`, or the system's place (`googlecloudsdk/core/config.py`). */
export function gcloudHome({ env, home }: SinkDeps): string {
  const own = env['CLOUDSDK_CONFIG']
  if (own !== undefined && own !== '') return own
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
export type Mark = { readonly lease: string; readonly expiresAt: number; readonly before?: string }

/** A section of its own, because `gcloud config set` writes the file anew: sections that it does not know stay, comments go. */
const SECTION = /^\[jit\]\r?\n(?:(?!\[).*\r?\n)*/m
const LEASE = /^lease = ([\w-]{1,80}) until (\d{1,12})\r?$/m
const BEFORE = /^before = (NONE|[a-z][-a-z0-9]*)\r?$/m

export function markOf(text: string): Mark | undefined {
  const section = SECTION.exec(`${text}\n`)?.[0] ?? ''
  const [, lease, until] = LEASE.exec(section) ?? []
  const before = BEFORE.exec(section)?.[1]
  if (lease === undefined) return undefined
  return { lease, expiresAt: Number(until), ...(before === undefined ? {} : { before }) }
}

export const heldBy = (path: string, lease: string): Held => ({ path, text: `lease = ${lease} until ` })

/**
 * A configuration that takes its access token from a file, or from nowhere. Without its log files: `print-access-token` and
 * `config-helper` write the token into them, readable to everybody (aws-gcloud.md §5a).
 */
export function configurationContent(
  credential: GcpDelivered,
  { lease, expiresAt, before }: Mark,
  tokenFile?: string,
): FileContent {
  const { project, principal, region } = checkedProperties(credential)
  const sections: readonly (readonly [string, Readonly<Record<string, string | undefined>>])[] = [
    ['core', { account: principal, project, disable_file_logging: 'True' }],
    ['auth', { access_token_file: tokenFile }],
    ['compute', { region }],
    ['jit', { lease: `${lease} until ${expiresAt}`, before }],
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
export const projectIn = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : /^project = ([a-z0-9.:-]+)\r?$/m.exec(text)?.[1]
