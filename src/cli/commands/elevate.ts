import { InvalidArgumentError } from 'commander'
import { JitError } from '../../base/errors.ts'
import type { Order } from '../../client/elevation.ts'
import { stillOpen } from '../../client/pending.ts'
import { DELIVERY_MODES, type DeliveryMode } from '../../contract/target.ts'
import {
  choice,
  duration,
  examples,
  FOR_FLAG,
  JitCommand,
  JSON_FLAG,
  JUSTIFICATION_FLAG,
  REASON_FLAG,
  TICKET_FLAG,
} from '../command.ts'
import type { CliContext } from '../context.ts'
import { completed, type TypedWish } from '../ui/elevate-questions.ts'
import { printDelivered, printExplanation, printOpen, progressTo } from '../ui/elevate-text.ts'
import { parseStart } from '../ui/time.ts'

export type ElevateOptions = {
  readonly subject: TypedWish | { readonly request: string; readonly asDefault?: boolean }
  readonly waitMs: number
  readonly explain: boolean
  readonly json: boolean
}

/** What commander hands over; `for` is seconds and `waitTimeout` too, `at` is ms since 1970. */
type Flags = {
  readonly for?: number
  readonly reason?: string
  readonly justification?: string
  readonly ticket?: string
  readonly at?: number
  readonly deliver?: DeliveryMode
  readonly asDefault: boolean
  readonly wait: boolean
  readonly waitTimeout?: number
  readonly request?: string
  readonly explain: boolean
  readonly json: boolean
}

export function elevateCommand(ctx: CliContext, run = runElevate): JitCommand {
  const at = (text: string): number => {
    try {
      return parseStart(text, ctx.clock.now())
    } catch (error) {
      throw error instanceof RangeError ? new InvalidArgumentError(error.message) : error
    }
  }
  const command = new JitCommand('elevate', ctx)
  command
    .summary('ask for access and receive credentials')
    .description('Asks for access, waits for the decision, and puts short-lived credentials where the clients look.')
    .argument('[target...]', 'what to ask for, as `jit targets` shows it; several are given together or not at all')
    .option(...FOR_FLAG)
    .option(...REASON_FLAG)
    .option(...JUSTIFICATION_FLAG)
    .option(...TICKET_FLAG)
    .option('--at <time>', 'start later: 18:30, 2026-11-22T18:30, 2026-11-22T17:30:00Z; within 7 days', at)
    .option(
      '--deliver <mode>',
      'files (where clients look), process (encrypted, clients ask jit) or isolated (for jit exec and jit env)',
      choice(...DELIVERY_MODES),
    )
    .option('--as-default', 'also the default profile, configuration, subscription or context until it ends', false)
    .option('--no-wait', 'do not wait for people to decide (exit code 5 while undecided)')
    .option('--wait-timeout <duration>', 'wait that long at most (exit code 5 afterwards)', duration)
    .option('--request <id>', 'come back to a request that is open or approved')
    .option('--explain', 'ask nothing: say whether this would be approved, by whom, for how long, and why', false)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      examples(
        'jit elevate prod-db --for 1h --reason "slow query"',
        'jit elevate prod-db logs --for 30m --reason "incident 4711" --ticket INC-4711',
        'jit elevate prod-db --explain',
        'jit elevate --request r_0123456789abcdefghjkmnpqrs',
      ),
    )
    .action((targets: string[], flags: Flags) => run(ctx, optionsOf(targets, flags)))
  return command
}

function optionsOf(targets: readonly string[], flags: Flags): ElevateOptions {
  const { request, explain, json } = flags
  return {
    subject: request === undefined ? wishOf(targets, flags) : comeBack(request, targets, flags),
    waitMs: !flags.wait ? 0 : flags.waitTimeout === undefined ? Number.POSITIVE_INFINITY : flags.waitTimeout * 1000,
    explain,
    json,
  }
}

function wishOf(targets: readonly string[], flags: Flags): TypedWish {
  const { for: durationSeconds, justification, ticket, at, deliver, asDefault } = flags
  const reason = (flags.reason ?? justification ?? '').trim()
  return {
    targets,
    ...(asDefault && { asDefault }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(reason === '' ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
    ...(at === undefined ? {} : { startsAt: new Date(at).toISOString() }),
    ...(deliver === undefined ? {} : { deliver }),
  }
}

function comeBack(
  request: string,
  targets: readonly string[],
  { explain, asDefault }: Flags,
): { readonly request: string; readonly asDefault?: boolean } {
  if (request === '')
    throw new JitError('USAGE', '--request is empty.', 'Give the ID that asking printed, or see: jit requests')
  if (targets.length === 0 && !explain) return { request, ...(asDefault && { asDefault }) }
  throw new JitError(
    'USAGE',
    '--request comes back to what was asked before: it takes no target and no --explain.',
    `Type: jit elevate --request ${request}`,
  )
}

export async function runElevate(ctx: CliContext, options: ElevateOptions): Promise<void> {
  const { subject, waitMs } = options
  if ('request' in subject) {
    const { request: resume, ...wish } = subject
    return elevateFor(ctx, { ask: { resume, ...wish }, waitMs }, options)
  }
  if (options.explain) return explain(ctx, subject, options)
  return elevateFor(ctx, { ask: await completed(ctx, subject), waitMs }, options)
}

async function elevateFor(ctx: CliContext, order: Order, options: ElevateOptions): Promise<void> {
  const progress = progressTo(ctx)
  const { elevate } = await ctx.elevation(progress.tell)
  const result = await elevate(order).finally(progress.stop)
  if (result.kind === 'delivered') return printDelivered(ctx, result, options)
  printOpen(ctx, result, options)
  if (result.kind === 'pending')
    throw stillOpen(result.request.id, `Request ${result.request.id} is not decided yet.`, 'NO_DECISION')
}

async function explain(ctx: CliContext, typed: TypedWish, options: ElevateOptions): Promise<void> {
  const wish = await completed(ctx, { ...typed, reason: typed.reason ?? 'not said yet' })
  const { explain } = await ctx.elevation(() => undefined)
  printExplanation(ctx, await explain(wish), options)
}
