import { formatDuration } from '../../base/duration.ts'
import { examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'
import { approvalText } from '../ui/approval-text.ts'
import { table } from '../ui/table.ts'

export type TargetsOptions = { readonly json: boolean }

export function targetsCommand(ctx: CliContext, run = runTargets): JitCommand {
  const command = new JitCommand('targets', ctx)
  command
    .alias('ls')
    .summary('what you may ask for')
    .description('Lists what you may elevate to: cloud, account, role, longest duration, who approves.')
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit targets', 'jit ls --json'))
    .action(({ json }: { json: boolean }) => run(ctx, { json }))
  return command
}

export async function runTargets(ctx: CliContext, { json }: TargetsOptions): Promise<void> {
  const api = await ctx.api()
  const targets = await api.targets(ctx.signal)
  const { terminal } = ctx
  if (json) return terminal.out(JSON.stringify(targets))
  if (targets.length === 0)
    return terminal.note('There is nothing you may ask for. Who you are to the endpoint: jit whoami')
  const rows = targets.flatMap(({ name, description, access, maxDurationSeconds, approval }) =>
    access.map(({ cloud, account, role }) => [
      name,
      cloud,
      account,
      role,
      approval.kind === 'refused' ? '-' : formatDuration(maxDurationSeconds),
      approvalText(approval),
      description ?? '',
    ]),
  )
  const heading = ['TARGET', 'CLOUD', 'ACCOUNT', 'ROLE', 'LONGEST', 'APPROVAL', 'WHAT IT IS']
  terminal.out(table(heading, rows, { columns: terminal.columns, paint: terminal.paint.out }))
}
