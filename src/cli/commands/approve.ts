import { terminalText } from '../../base/terminal-text.ts'
import { examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'
import { waitsFor } from '../ui/approval-text.ts'

export type ApproveOptions = { readonly id: string; readonly json: boolean }

export function approveCommand(ctx: CliContext, run = runApprove): JitCommand {
  const command = new JitCommand('approve', ctx)
  command
    .summary('approve a request')
    .description(
      'Approves the request of somebody else. Compare its words with those on his screen first. Where several have to approve, yours counts once.',
    )
    .argument('<id>', 'request, as `jit requests --to-review` shows it')
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit requests --to-review', 'jit approve r_0123456789abcdefghjkmnpqrs'))
    .action((id: string, { json }: { json: boolean }) => run(ctx, { id, json }))
  return command
}

export async function runApprove(ctx: CliContext, { id, json }: ApproveOptions): Promise<void> {
  const api = await ctx.api()
  const request = await api.approve(id, ctx.signal)
  if (json) return ctx.terminal.out(JSON.stringify(request))
  const what = terminalText(`${request.requester.name}: ${request.targets.join(', ')}`)
  ctx.terminal.note(
    request.state === 'pending'
      ? `Your approval counts (${what}). It still needs ${waitsFor(request)}.`
      : `Approved (${what}).`,
  )
}
