import { JitError } from '../../base/errors.ts'
import { terminalText } from '../../base/terminal-text.ts'
import { examples, JitCommand, JSON_FLAG, statedReason } from '../command.ts'
import type { CliContext } from '../context.ts'

export type DenyOptions = { readonly id: string; readonly reason?: string; readonly json: boolean }

export function denyCommand(ctx: CliContext, run = runDeny): JitCommand {
  const command = new JitCommand('deny', ctx)
  command
    .summary('deny a request')
    .description('Denies the request of somebody else, whoever has approved it already. The requester reads why.')
    .argument('<id>', 'request, as `jit requests --to-review` shows it')
    .option('--reason <text>', 'why; the requester reads it, 500 characters at most', statedReason)
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit deny r_0123456789abcdefghjkmnpqrs --reason "use the replica"'))
    .action((id: string, options: { reason?: string; json: boolean }) => run(ctx, { id, ...options }))
  return command
}

export async function runDeny(ctx: CliContext, { id, reason, json }: DenyOptions): Promise<void> {
  const words = reason?.trim() || (await askReason(ctx))
  const api = await ctx.api()
  const request = await api.deny(id, words, ctx.signal)
  if (json) return ctx.terminal.out(JSON.stringify(request))
  ctx.terminal.note(terminalText(`Denied (${request.requester.name}: ${request.targets.join(', ')}).`))
}

function askReason({ terminal, ask }: CliContext): Promise<string> {
  if (terminal.interactive) return ask.text('Why not? The requester reads it:')
  throw new JitError('USAGE', 'Say why: the requester reads it.', 'Add: --reason TEXT')
}
