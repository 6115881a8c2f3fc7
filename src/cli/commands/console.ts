import { JitError } from '../../base/errors.ts'
import { SIGN_IN_MINUTES } from '../../client/console-sign-in.ts'
import { showPrivately, signInUrl } from '../../client/console.ts'
import { examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { LiveGrant } from '../../client/status.ts'
import type { CliContext } from '../context.ts'
import { pickLive, refuseQuestion } from '../ui/pick-target.ts'

export type ConsoleOptions = { readonly target?: string; readonly print: boolean; readonly json: boolean }

export function consoleCommand(ctx: CliContext, run = runConsole): JitCommand {
  const command = new JitCommand('console', ctx)
  command
    .summary("the cloud's web console")
    .description('Signs in to the web console with an active grant, and opens it in the browser. AWS only.')
    .argument('[target]', 'target of the grant')
    .option('--print', 'print the sign-in URL instead of opening it', false)
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit console prod-db', 'jit console prod-db --print'))
    .action((target: string | undefined, flags: Omit<ConsoleOptions, 'target'>) =>
      run(ctx, { ...(target === undefined ? {} : { target }), ...flags }),
    )
  return command
}

export async function runConsole(ctx: CliContext, { target: typed, print, json }: ConsoleOptions): Promise<void> {
  if (typed === undefined) refuseQuestion(ctx, 'Say which target.', 'Type: jit console TARGET. See: jit status')
  const target = typed ?? (await pickLive(ctx, 'The console of which grant?', { fits: opensAws }))
  const deps = await ctx.console()
  const url = await signInUrl(target, deps)
  if (print || json || deps.isHeadless) {
    ctx.terminal.note(
      `Whoever has this URL is signed in as you. It works for ${SIGN_IN_MINUTES} minutes; do not paste it anywhere but into your browser.`,
    )
    return ctx.terminal.out(json ? JSON.stringify({ url }) : url)
  }
  if (!(await ctx.waiting('Waiting for your browser', () => showPrivately(url, deps))))
    throw new JitError(
      'NOT_FOUND',
      'No browser came to open the console.',
      `Open it yourself: jit console ${target} --print`,
    )
  ctx.terminal.note(`The console of ${target} opens in your browser. It ends with the grant.`)
}

/** Only AWS takes temporary credentials there. */
const opensAws = ({ lease, secondsLeft }: LiveGrant): boolean =>
  secondsLeft > 0 && lease.entries.some(({ cloud }) => cloud === 'aws')
