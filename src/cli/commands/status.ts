import { status } from '../../client/status.ts'
import { examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'
import { printStatus } from '../ui/status-text.ts'
import { watchStatus } from '../ui/watch-status.ts'

export type StatusOptions = { readonly json: boolean; readonly watch?: boolean }

export function statusCommand(ctx: CliContext, run = runStatus): JitCommand {
  const command = new JitCommand('status', ctx)
  command
    .summary('active grants on this machine, pending requests')
    .description('Shows grants on this machine, time left, where each secret lies, and open requests. Asks no network.')
    .option('--watch', 'keep it on the screen, up to date, until Ctrl-C; with --json a line for each change', false)
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit status', 'jit status --watch', 'jit status --json'))
    .action(({ json, watch }: StatusOptions) => run(ctx, { json, ...(watch && { watch }) }))
  return command
}

export async function runStatus(ctx: CliContext, { json, watch }: StatusOptions): Promise<void> {
  const deps = await ctx.status()
  if (watch !== true) return printStatus(ctx, status(deps), { json })
  await watchStatus(ctx, () => status(deps), { json })
}
