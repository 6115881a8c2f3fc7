import { JitError } from '../../base/errors.ts'
import { SIGN_IN_MINUTES } from '../../client/console-sign-in.ts'
import { showPrivately, signInUrl } from '../../client/console.ts'
import { examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'

export type ConsoleOptions = { readonly target: string; readonly print: boolean; readonly json: boolean }

export function consoleCommand(ctx: CliContext, run = runConsole): JitCommand {
  const command = new JitCommand('console', ctx)
  command
    .summary("the cloud's web console")
    .description('Signs in to the web console with an active grant, and opens it in the browser. AWS only.')
    .argument('<target>', 'target of the grant')
    .option('--print', 'print the sign-in URL instead of opening it', false)
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit console prod-db', 'jit console prod-db --print'))
    .action((target: string, flags: Omit<ConsoleOptions, 'target'>) => run(ctx, { target, ...flags }))
  return command
}

export async function runConsole(ctx: CliContext, { target, print, json }: ConsoleOptions): Promise<void> {
  const deps = await ctx.console()
  const url = await signInUrl(target, deps)
  if (print || json || deps.isHeadless) {
    ctx.terminal.note(
      `Whoever has this URL is signed in as you. It works for ${SIGN_IN_MINUTES} minutes; do not paste it anywhere but into your browser.`,
    )
    return ctx.terminal.out(json ? JSON.stringify({ url }) : url)
  }
  if (!(await showPrivately(url, deps)))
    throw new JitError(
      'NOT_FOUND',
      'No browser came to open the console.',
      `Open it yourself: jit console ${target} --print`,
    )
  ctx.terminal.note(`The console of ${target} opens in your browser. It ends with the grant.`)
}
