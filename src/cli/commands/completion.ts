import { Argument, type Command } from 'commander'
import { PROMPTING_SHELLS, type PromptingShell } from '../../base/shell-quote.ts'
import { choice, examples, JitCommand } from '../command.ts'
import type { CliContext } from '../context.ts'

export type CompletionOptions = { readonly shell: PromptingShell }

export function completionCommand(ctx: CliContext, program: Command, run = runCompletion): JitCommand {
  const command = new JitCommand('completion', ctx)
  command
    .summary('completions for a shell')
    .description(
      'Prints a script that completes commands, flags, targets, grants and requests. Names come from what jit last saw; no network is asked.',
    )
    .addArgument(new Argument('<shell>', PROMPTING_SHELLS.join(', ')).argParser(choice(...PROMPTING_SHELLS)))
    .addHelpText(
      'after',
      examples(
        'eval "$(jit completion bash)"     # ~/.bashrc',
        'eval "$(jit completion zsh)"      # ~/.zshrc, after compinit',
        'jit completion fish > ~/.config/fish/completions/jit.fish',
        'jit completion pwsh | Out-String | Invoke-Expression   # $PROFILE',
      ),
    )
    .action((shell: PromptingShell) => run(ctx, program, { shell }))
  return command
}

export async function runCompletion(ctx: CliContext, program: Command, { shell }: CompletionOptions): Promise<void> {
  const { completionScript } = await import('../shell/completion/script.ts') // text that no other command needs
  ctx.terminal.out(completionScript(shell, program).trimEnd())
}
