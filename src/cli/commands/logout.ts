import { examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'

export type LogoutOptions = { readonly json: boolean }

export function logoutCommand(ctx: CliContext, run = runLogout): JitCommand {
  const command = new JitCommand('logout', ctx)
  command
    .summary('forget the login of this machine')
    .description('Forgets the login of this machine. Grants stay until their end; to end them too: jit revoke --all')
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit revoke --all && jit logout'))
    .action(({ json }: { json: boolean }) => run(ctx, { json }))
  return command
}

export async function runLogout(ctx: CliContext, { json }: LogoutOptions): Promise<void> {
  const result = await ctx.logout()
  if (json) return ctx.terminal.out(JSON.stringify(result))
  ctx.terminal.note(result.wasLoggedIn ? 'Logged out.' : 'Nobody was logged in.')
  const { leasing } = await ctx.status()
  const left = leasing.list().map(({ target }) => target)
  if (left.length > 0) ctx.terminal.note(`Still active on this machine: ${left.join(', ')}. End them: jit revoke --all`)
}
