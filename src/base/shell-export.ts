import { JitError } from './errors.ts'
import { PROMPTING_SHELLS, quoteFor } from './shell-quote.ts'

export const SHELLS = [...PROMPTING_SHELLS, 'json', 'dotenv'] as const
export type Shell = (typeof SHELLS)[number]

/** Variables to be set and those to be taken away because a client would take them first. */
export type Exports = { readonly set: Readonly<Record<string, string>>; readonly unset: readonly string[] }

/** Text that a shell can evaluate, or a program can read; what is unset comes first. */
export function exportText(shell: Shell, exports: Exports): string {
  for (const [name, value] of Object.entries(exports.set)) assertWritable(name, value)
  return WRITE[shell](exports)
}

const lines = (
  { set, unset }: Exports,
  drop: (name: string) => string,
  put: (name: string, value: string) => string,
): string => [...unset.map(drop), ...Object.entries(set).map(([name, value]) => put(name, value))].join('\n')

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** One word of a line to copy into a POSIX shell; quoted only where that is needed. */
export const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text))

const posix = (exports: Exports): string =>
  lines(
    exports,
    (name) => `unset ${name}`,
    (name, value) => `export ${name}=${quoteFor('bash', value)}`,
  )

const WRITE: Readonly<Record<Shell, (exports: Exports) => string>> = {
  bash: posix,
  zsh: posix,
  fish: (exports) =>
    lines(
      exports,
      (name) => `set -e ${name}`,
      (name, value) => `set -gx ${name} ${quoteFor('fish', value)}`,
    ),
  pwsh: (exports) =>
    lines(
      exports,
      (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
      (name, value) => `$env:${name} = ${quoteFor('pwsh', value)}`,
    ),
  json: ({ set, unset }) => JSON.stringify({ ...Object.fromEntries(unset.map((name) => [name, null])), ...set }),
  dotenv: ({ set }) =>
    Object.entries(set)
      .map(([name, value]) => `${name}=${dotenvValue(name, value)}`)
      .join('\n'),
}

/** `docker --env-file` takes a value as it stands, and other readers do so as long as nothing in it has a meaning for them. */
function dotenvValue(name: string, value: string): string {
  if (/^[\w@%+=:,./-]*$/.test(value)) return value
  if (/^[^'\p{Cc}]*$/u.test(value)) return `'${value}'`
  throw unwritable(name)
}

function assertWritable(name: string, value: string): void {
  if (!/^[A-Za-z_]\w*$/.test(name) || value.includes('\0')) throw unwritable(name)
}

const unwritable = (name: string): JitError =>
  new JitError('USAGE', `The value of ${name} cannot be written in this form.`, 'Take another: --shell bash')

/** The shell whose language `SHELL` names; `undefined` for one that jit does not speak. POSIX shells read what bash does. */
export function shellNamed(path: string | undefined, platform: NodeJS.Platform): Shell | undefined {
  if (path === undefined || path === '') return platform === 'win32' ? 'pwsh' : 'bash'
  const name = path.replace(/^.*[\\/]/, '').replace(/\.exe$/i, '')
  if (['sh', 'dash', 'ash', 'ksh', 'mksh', 'busybox'].includes(name)) return 'bash'
  return PROMPTING_SHELLS.find((each) => each === name)
}
