import type { PromptingShell } from '../../../base/shell-quote.ts'
import type { PromptPlaces } from '../types.ts'
import { bashInit } from './bash.ts'
import { fishInit } from './fish.ts'
import { pwshInit } from './pwsh.ts'
import { zshInit } from './zsh.ts'

const SCRIPT = { bash: bashInit, zsh: zshInit, fish: fishInit, pwsh: pwshInit }

/** What a shell evaluates at its start. */
export const shellInit = (shell: PromptingShell, places: PromptPlaces): string => SCRIPT[shell](places)
