import { terminalText } from '../../base/terminal-text.ts'
import { examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'

export type WhoamiOptions = { readonly json: boolean }

export function whoamiCommand(ctx: CliContext, run = runWhoami): JitCommand {
  const command = new JitCommand('whoami', ctx)
  command
    .summary('who you are to the endpoint')
    .description(
      'Shows the person and groups of the login on this machine, and its endpoint. Asks no network, but in a job that has not logged in yet: there it logs in first.',
    )
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit whoami', 'jit whoami --json'))
    .action(({ json }: { json: boolean }) => run(ctx, { json }))
  return command
}

export async function runWhoami(ctx: CliContext, { json }: WhoamiOptions): Promise<void> {
  const { me, endpoint } = await ctx.whoami()
  const { person, groups, flow, pipelines } = me
  if (json) return ctx.terminal.out(JSON.stringify({ endpoint, person, groups, flow, pipelines }))
  const line = (text: string): void => ctx.terminal.out(terminalText(text))
  line(`${person.name}${person.email === undefined ? '' : ` <${person.email}>`}`)
  line(`groups: ${groups.join(', ') || 'none'}`)
  if (pipelines !== undefined) line(`pipelines: ${pipelines.join(', ') || 'none'}`)
  line(`endpoint: ${endpoint} (login: ${flow})`)
  line(`identity: ${person.subject} at ${person.issuer}`)
}
