import { parseDuration } from '../base/duration.ts'
import type { Environment } from '../base/environment.ts'
import { JitError } from '../base/errors.ts'
import { readSettings, settingsFile } from '../platform/settings.ts'

/** How long before the end of a grant the desktop says so, in ms; `undefined`: not at all. Throws `CONFIG` for what is no duration. */
export function noticeMs(env: Environment, configDir: string): number | undefined {
  const named = env['JIT_NOTICE'] ?? ''
  const [value, from] =
    named === ''
      ? [readSettings(configDir).notice ?? 'off', `"notice" in ${settingsFile(configDir)}`]
      : [named, 'JIT_NOTICE']
  if (value === 'off' || value === '0') return undefined
  try {
    return parseDuration(value) * 1000
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new JitError('CONFIG', `${from}: ${error.message}`, 'Write a duration such as 10m, or off.', { cause: error })
  }
}

/** Why no notice will come though one is wanted, in a line for people; `undefined` where nothing is wrong. */
export function noticeFlaw(env: Environment, configDir: string): string | undefined {
  try {
    noticeMs(env, configDir)
    return undefined
  } catch (error) {
    if (!(error instanceof JitError)) throw error
    return `${error.message} No notice will be shown. ${error.hint}`
  }
}
