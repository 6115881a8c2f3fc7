import type { Command } from 'commander'
import type { PromptingShell } from '../../../base/shell-quote.ts'
import { bashCompletion } from './bash.ts'
import { fishCompletion } from './fish.ts'
import { completionModel } from './model.ts'
import { pwshCompletion } from './pwsh.ts'
import { zshCompletion } from './zsh.ts'

const SCRIPT = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion, pwsh: pwshCompletion }

/** What a shell needs to complete the command tree; the same for every installation of a version. */
export const completionScript = (shell: PromptingShell, program: Command): string =>
  SCRIPT[shell](completionModel(program))

/** Names by which the shells find them. */
export const COMPLETION_FILES: Readonly<Record<PromptingShell, string>> = {
  bash: 'jit.bash',
  zsh: '_jit',
  fish: 'jit.fish',
  pwsh: 'jit.ps1',
}
