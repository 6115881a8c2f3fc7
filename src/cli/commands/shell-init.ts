import { Argument } from 'commander'
import { PROMPTING_SHELLS, type PromptingShell } from '../../base/shell-quote.ts'
import { choice, examples, JitCommand } from '../command.ts'
import type { CliContext } from '../context.ts'

export type ShellInitOptions = { readonly shell: PromptingShell }

export function shellInitCommand(ctx: CliContext, run = runShellInit): JitCommand {
  const command = new JitCommand('shell-init', ctx)
  command
    .summary('prompt segment: active grants and the time they have left')
    .description(
      'Prints a script for the start of a shell: the prompt then shows active grants and the time left, warns before the end, and has jit sweep started when that is due. It starts no process per prompt. For a prompt of your own there is the function jit_prompt_segment; JIT_PROMPT=off leaves yours alone.',
    )
    .addArgument(new Argument('<shell>', PROMPTING_SHELLS.join(', ')).argParser(choice(...PROMPTING_SHELLS)))
    .addHelpText(
      'after',
      examples(
        'eval "$(jit shell-init bash)"     # last line of ~/.bashrc',
        'eval "$(jit shell-init zsh)"      # last line of ~/.zshrc',
        'jit shell-init fish | source      # ~/.config/fish/config.fish',
        'jit shell-init pwsh | Out-String | Invoke-Expression   # $PROFILE',
      ),
    )
    .action((shell: PromptingShell) => run(ctx, { shell }))
  return command
}

export async function runShellInit(ctx: CliContext, { shell }: ShellInitOptions): Promise<void> {
  const { shellInit } = await import('../shell/init/script.ts') // text that no other command needs
  ctx.terminal.out(shellInit(shell, ctx.promptPlaces()).trimEnd())
}
