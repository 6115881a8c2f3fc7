import { terminalText } from '../../base/terminal-text.ts'
import { examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'

export type CancelOptions = { readonly id: string; readonly json: boolean }

export function cancelCommand(ctx: CliContext, run = runCancel): JitCommand {
  const command = new JitCommand('cancel', ctx)
  command
    .summary('take back your own request')
    .description(
      'Takes back a request of yours that nobody has decided yet. What was granted already ends with: jit revoke TARGET',
    )
    .argument('<id>', 'request, as `jit status` and `jit requests` show it')
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit cancel r_0123456789abcdefghjkmnpqrs'))
    .action((id: string, { json }: { json: boolean }) => run(ctx, { id, json }))
  return command
}

export async function runCancel(ctx: CliContext, { id, json }: CancelOptions): Promise<void> {
  const api = await ctx.api()
  const request = await api.cancel(id, ctx.signal)
  const pending = await ctx.pending()
  pending.forget(request.id)
  if (json) return ctx.terminal.out(JSON.stringify(request))
  ctx.terminal.note(terminalText(`Cancelled the request for ${request.targets.join(', ')}.`))
}
