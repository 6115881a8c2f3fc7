import { join } from 'node:path'
import type { Environment } from '../../base/environment.ts'
import { note, ok } from './finding.ts'
import type { Check } from './types.ts'

export type PromptCheckDeps = {
  readonly env: Environment
  readonly home: string
  /** Text of a file; `undefined` where there is none, or it cannot be read. */
  readonly read: (path: string) => string | undefined
}

/** A shell does not tell its children what its prompt does, so its start files are asked. */
export const promptCheck = ({ env, home, read }: PromptCheckDeps): Check => ({
  name: 'prompt',
  look: async () => {
    if (env['JIT_PROMPT'] === 'off') return [ok('JIT_PROMPT=off leaves it alone.')]
    const found = startFiles(env, home).find((path) => SETS_UP.test(read(path) ?? ''))
    if (found !== undefined) return [ok(`${found} sets up what shows grants and asks for a sweep when one is due.`)]
    return [
      note(
        'No start file of a shell sets up the prompt, which shows grants and asks for a sweep when one is due.',
        'jit help shell-init',
      ),
    ]
  },
})

const SETS_UP = /^[^#\n]*\bjit(\.js)?["']?\s+shell-init\b/m

function startFiles(env: Environment, home: string): readonly string[] {
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config')
  return [
    join(home, '.bashrc'),
    join(home, '.bash_profile'),
    join(home, '.profile'),
    join(env['ZDOTDIR'] || home, '.zshrc'),
    join(config, 'fish', 'config.fish'),
    join(config, 'fish', 'conf.d', 'jit.fish'),
    join(config, 'powershell', 'Microsoft.PowerShell_profile.ps1'),
    join(home, 'Documents', 'PowerShell', 'Microsoft.PowerShell_profile.ps1'),
  ]
}
