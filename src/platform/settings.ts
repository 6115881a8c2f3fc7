import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, isMissing } from '../base/errno.ts'
import { JitError } from '../base/errors.ts'
import { object, oneOf, type Reader, ShapeError, string } from '../contract/narrow.ts'
import { KEY_STORE_CHOICES, type KeyStoreChoice } from './keychain/types.ts'

/** What `jit login` remembers besides the sealed login, and what a person may add. Holds no secret. */
export type Settings = {
  readonly endpoint?: string
  readonly keyStore?: KeyStoreChoice
  /** How long before the end of a grant the desktop says so, such as `10m`; see `JIT_NOTICE`. */
  readonly notice?: string
}

const readShape: Reader<Settings> = object(
  {},
  { endpoint: string, keyStore: oneOf(...KEY_STORE_CHOICES), notice: string },
)

export const settingsFile = (configDir: string): string => join(configDir, 'config.json')

/** Empty where there is no file. One that cannot be read is an error that names it, never silently reset: it may be a newer version's. */
export function readSettings(configDir: string): Settings {
  const file = settingsFile(configDir)
  const text = textOf(file)
  if (text === undefined) return {}
  try {
    return readShape(JSON.parse(text), 'settings')
  } catch (error) {
    const why = error instanceof ShapeError ? error.message : 'it is not JSON'
    throw corrupt(file, why, error)
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw corrupt(file, errnoOf(error) ?? 'unknown cause', error)
  }
}

const corrupt = (file: string, why: string, cause: unknown): JitError =>
  new JitError(
    'CONFIG',
    `The settings file ${file} cannot be read (${why}).`,
    'Mend it, or move it away and type: jit login ENDPOINT_URL',
    { cause },
  )

/**
 * Writes through `conf` (atomic, keeps members that it doesn't know). Only `login` pays for loading it; every read goes
 * by {@link readSettings}, because loading `conf` more than doubles the start of a command.
 */
export async function writeSettings(configDir: string, settings: Settings): Promise<void> {
  readSettings(configDir) // refuses to write over a file that it could not read
  const { default: Conf } = await import('conf')
  const file = settingsFile(configDir)
  try {
    const conf = new Conf({ cwd: configDir, configName: 'config', configFileMode: 0o600, clearInvalidConfig: false })
    conf.set(settings)
  } catch (error) {
    const why = errnoOf(error) ?? String(error)
    throw new JitError(
      'WRITE_FAILED',
      `The settings file ${file} cannot be written (${why}).`,
      'Check the directory, or set JIT_CONFIG_DIR.',
      {
        cause: error,
      },
    )
  }
}
