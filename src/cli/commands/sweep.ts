import { JitError } from '../../base/errors.ts'
import { terminalText } from '../../base/terminal-text.ts'
import { keepHouse } from '../../client/housekeeping.ts'
import { examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'
import { missingLogin } from '../ui/revocation-text.ts'
import { stuckText, sweptText } from '../ui/sweep-text.ts'

export type SweepOptions = { readonly json: boolean }

export function sweepCommand(ctx: CliContext, run = runSweep): JitCommand {
  const command = new JitCommand('sweep', ctx)
  command
    .summary('remove credentials whose time is up (for schedulers)')
    .description(
      'Removes credentials whose time is up, finishes what a crash cut off, sends queued messages. Never prompts.',
    )
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit sweep'))
    .action(({ json }: { json: boolean }) => run(ctx, { json }))
  return command
}

export async function runSweep(ctx: CliContext, { json }: SweepOptions): Promise<void> {
  const login = missingLogin()
  const done = await keepHouse({ ...(await ctx.housekeeping()), untold: login.untold }, ctx.signal)
  const { wiped, unreadable, confirmed, queued } = done
  if (json)
    ctx.terminal.out(
      JSON.stringify({ wiped, unreadable: unreadable.map(({ file, why }) => ({ file, why })), confirmed, queued }),
    )
  for (const line of sweptText(done)) ctx.terminal.note(line)
  if (queued > 0)
    ctx.terminal.note(`The endpoint could not be told yet what ended here (${queued}). ${helpOf(login.failure())}`)
  const stuck = stuckText(done)
  if (stuck !== '')
    throw new JitError('WIPE_FAILED', `Still on this machine: ${stuck}.`, 'Where each secret lies: jit status')
}

const helpOf = (login: JitError | undefined): string =>
  login === undefined ? 'It is tried again.' : terminalText(`${login.message} ${login.hint}`)
