import { JitError } from '../../base/errors.ts'
import { parseDuration } from '../../base/duration.ts'
import { stillOpen } from '../../client/pending.ts'
import {
  duration,
  examples,
  JitCommand,
  JSON_FLAG,
  JUSTIFICATION_FLAG,
  statedReason,
  statedTicket,
} from '../command.ts'
import type { CliContext } from '../context.ts'
import { printOpen } from '../ui/elevate-text.ts'
import { extensionProgressTo, isDelivered, printExtended } from '../ui/extend-text.ts'
import { pickLive, refuseQuestion } from '../ui/pick-target.ts'

export type ExtendOptions = {
  readonly target?: string
  readonly bySeconds?: number
  readonly reason?: string
  readonly ticket?: string
  readonly waitMs: number
  readonly json: boolean
}

type Flags = {
  readonly for?: number
  readonly reason?: string
  readonly justification?: string
  readonly ticket?: string
  readonly wait: boolean
  readonly waitTimeout?: number
  readonly json: boolean
}

export function extendCommand(ctx: CliContext, run = runExtend): JitCommand {
  const command = new JitCommand('extend', ctx)
  command
    .summary('make a grant longer, without a gap')
    .description(
      'Asks for a longer grant in place of an active one. The old one stays until the new one is there; programs that use it go on. ' +
        'Reason and ticket are those of the old one unless you say others; policy or people decide anew.',
    )
    .argument('[target]', 'target of the grant, as `jit status` shows it')
    .option('--for <duration>', 'how much longer: 30m, 1h30m, 5400s, PT1H30M', duration)
    .option(
      '--reason <text>',
      'why; approvers and the audit log see it, 500 characters at most (default: that of the grant)',
      statedReason,
    )
    .option(...JUSTIFICATION_FLAG)
    .option('--ticket <id>', 'ticket that this belongs to (default: that of the grant)', statedTicket)
    .option('--no-wait', 'do not wait for people to decide (exit code 5 while undecided)')
    .option('--wait-timeout <duration>', 'wait that long at most (exit code 5 afterwards)', duration)
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit extend prod-db --for 30m', 'jit extend prod-db --for 1h --reason "still slow"'))
    .action((target: string | undefined, flags: Flags) => run(ctx, optionsOf(target, flags)))
  return command
}

function optionsOf(target: string | undefined, flags: Flags): ExtendOptions {
  const { for: bySeconds, justification, ticket, wait, waitTimeout, json } = flags
  const reason = (flags.reason ?? justification ?? '').trim()
  return {
    ...(target === undefined ? {} : { target }),
    ...(bySeconds === undefined ? {} : { bySeconds }),
    ...(reason === '' ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
    waitMs: !wait ? 0 : waitTimeout === undefined ? Number.POSITIVE_INFINITY : waitTimeout * 1000,
    json,
  }
}

export async function runExtend(ctx: CliContext, options: ExtendOptions): Promise<void> {
  const { json, ...typed } = options
  if (typed.target === undefined)
    refuseQuestion(ctx, 'Say which grant.', 'Type: jit extend TARGET --for 30m. See: jit status')
  if (typed.bySeconds === undefined) refuseQuestion(ctx, 'Say how much longer.', 'Add: --for 30m')
  const target = typed.target ?? (await pickLive(ctx, 'Which grant shall be longer?'))
  const bySeconds = typed.bySeconds ?? (await askDuration(ctx))
  const progress = extensionProgressTo(ctx)
  const askReason = (): Promise<string> => {
    refuseQuestion(ctx, 'The endpoint does not know any more why this grant was asked for.', 'Add: --reason TEXT')
    return ctx.ask.text('Why? Approvers and the audit log see it:')
  }
  const { extend } = await ctx.extension({ tell: progress.tell, askReason })
  const extension = await extend({ ...typed, target, bySeconds }).finally(progress.stop)
  if (isDelivered(extension)) return printExtended(ctx, extension, { json })
  const { result } = extension
  printOpen(ctx, result, { json })
  if (result.kind === 'pending')
    throw stillOpen(
      result.request.id,
      `Request ${result.request.id} is not decided yet. ${target} stays as it is.`,
      'NO_DECISION',
    )
}

async function askDuration({ ask }: CliContext): Promise<number> {
  const text = await ask.text('How much longer? (30m, 1h30m):')
  try {
    return parseDuration(text)
  } catch (error) {
    if (error instanceof RangeError) throw new JitError('USAGE', error.message, 'Or type it at once: --for 30m')
    throw error
  }
}
