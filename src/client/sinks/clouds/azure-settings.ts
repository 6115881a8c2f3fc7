import { join } from 'node:path'
import type { FileSystem } from '../../../platform/files.ts'
import { checkAwsIni } from '../../../base/aws-ini.ts'
import { JitError } from '../../../base/errors.ts'
import { readThrough } from '../target-path.ts'
import type { SinkDeps } from './deps.ts'

/** Where `az` keeps what it knows (`_environment.py`: the variable as it is, without `~`). */
export function azureDirectory({ env, home }: Pick<SinkDeps, 'env' | 'home'>): string {
  const directory = env['AZURE_CONFIG_DIR']
  return directory === undefined || directory === '' ? join(home, '.azure') : directory
}

/** A file of `az`, through links; empty where there is none. */
export const readAzureFile = ({ fs, env, home }: Omit<SinkDeps, 'program'>, name: string): Buffer =>
  readThrough(fs, join(azureDirectory({ env, home }), name)) ?? Buffer.alloc(0)

/** Where `az` keeps its extensions; no settings of a grant may hide them. */
export function extensionDirectory({ env, home }: Pick<SinkDeps, 'env' | 'home'>): string {
  const directory = env['AZURE_EXTENSION_DIR']
  return directory === undefined || directory === '' ? join(azureDirectory({ env, home }), 'cliextensions') : directory
}

/** Throws `FILE_UNREADABLE` where `az` would not even start: its settings go through the parser that the AWS CLI has, too. */
export function assertReadableSettings(deps: Omit<SinkDeps, 'program'>): void {
  const check = checkAwsIni(readAzureFile(deps, 'config'))
  if (check.ok) return
  throw new JitError(
    'FILE_UNREADABLE',
    `The Azure CLI cannot read ${join(azureDirectory(deps), 'config')}: line ${check.line}, ${check.why}.`,
    'jit has left the file as it is. Mend that line and try again, or: --deliver isolated',
  )
}

/** A setting of `az`, as it finds it: in the environment, or else in its `config`. */
export function azureSetting({ fs, env, home }: SinkDeps, section: string, name: string): string | undefined {
  const variable = env[`AZURE_${section}_${name}`.toUpperCase()]
  if (variable !== undefined && variable !== '') return variable
  return iniValue(readAzureFile({ fs, env, home }, 'config').toString('utf8'), section, name)
}

/** As Python's `configparser` reads it; the last one counts. */
function iniValue(text: string, section: string, name: string): string | undefined {
  let at = ''
  let value: string | undefined
  for (const line of text.split(/\r\n|\n|\r/)) {
    at = /^\[([^\]]+)\]/.exec(line)?.[1] ?? at
    const pair = /^([^#;=:\s][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line)
    if (at === section && pair?.[1]?.toLowerCase() === name) value = pair[2]
  }
  return value
}

/** `1`, `yes`, `true`, `on` and their opposites, as `configparser` takes them. */
export function isOn(value: string | undefined): boolean | undefined {
  const word = value?.toLowerCase() ?? ''
  if (['1', 'yes', 'true', 'on'].includes(word)) return true
  return ['0', 'no', 'false', 'off'].includes(word) ? false : undefined
}

/** The version of `az` that ran last with these settings, or that a package manager has put here. Starts nothing. */
export function azureVersion(deps: SinkDeps): string | undefined {
  const index = readAzureFile(deps, 'commandIndex.json').toString('utf8', 0, 100)
  return /^\uFEFF?\{"version": ?"(\d+\.\d+\.\d+)"/.exec(index)?.[1] ?? installed(deps.fs)
}

/** Debian's own package, those of Microsoft for deb and rpm, and Homebrew's for both kinds of Mac. */
function installed(fs: FileSystem): string | undefined {
  const pythons = ['/opt/az/lib', '/usr/lib64/az/lib'].flatMap((path) =>
    names(fs, path).map((python) => join(path, python, 'site-packages')),
  )
  const metadata = ['/usr/lib/python3/dist-packages', ...pythons].flatMap((path) => names(fs, path))
  const kegs = ['/opt/homebrew/Cellar/azure-cli', '/usr/local/Cellar/azure-cli'].flatMap((path) => names(fs, path))
  const found = metadata.map((name) => /^azure_cli_core-(\d+\.\d+\.\d+)\b/.exec(name)?.[1])
  return found.find((version) => version !== undefined) ?? kegs.find((keg) => /^\d+\.\d+\.\d+$/.test(keg))
}

function names(fs: FileSystem, path: string): readonly string[] {
  try {
    return fs.readdir(path)
  } catch {
    return [] // not this kind of installation
  }
}
