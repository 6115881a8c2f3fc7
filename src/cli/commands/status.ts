import { status } from '../../client/status.ts'
import { examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'
import { printStatus } from '../ui/status-text.ts'

export type StatusOptions = { readonly json: boolean }

export function statusCommand(ctx: CliContext, run = runStatus): JitCommand {
  const command = new JitCommand('status', ctx)
  command
    .summary('active grants on this machine, pending requests')
    .description('Shows grants on this machine, time left, where each secret lies, and open requests. Asks no network.')
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit status', 'jit status --json'))
    .action(({ json }: { json: boolean }) => run(ctx, { json }))
  return command
}

export async function runStatus(ctx: CliContext, { json }: StatusOptions): Promise<void> {
  printStatus(ctx, status(await ctx.status()), { json })
}
