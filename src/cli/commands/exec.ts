import { JitError } from '../../base/errors.ts'
import { runToEnd } from '../../client/child-run.ts'
import { childEnvironment, leaseEnvironment } from '../../client/lease-environment.ts'
import type { Lease } from '../../client/leases/types.ts'
import { gcloudToken } from '../../client/served-gcp.ts'
import { currentLease, isAnothers, isKeptByAnother } from '../../client/live-lease.ts'
import { stillOpen } from '../../client/pending.ts'
import { revoke } from '../../client/revocation.ts'
import type { DeliveryMode } from '../../contract/target.ts'
import type { Ending } from '../../platform/processes.ts'
import { duration, examples, FOR_FLAG, JitCommand, JUSTIFICATION_FLAG, REASON_FLAG, TICKET_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'
import { completed, type TypedWish } from '../ui/elevate-questions.ts'
import { progressTo } from '../ui/elevate-text.ts'
import { liveChoices, pickOffered, refuseQuestion } from '../ui/pick-target.ts'
import { refuseUnwiped } from '../ui/revocation-text.ts'
import { timeOfDay } from '../ui/time.ts'

export type ExecOptions = {
  readonly target?: string
  readonly command: readonly string[]
  /** For the case that there is no grant yet. */
  readonly wish: Omit<TypedWish, 'targets'>
  readonly waitMs: number
}

type Flags = {
  readonly for?: number
  readonly reason?: string
  readonly justification?: string
  readonly ticket?: string
  readonly waitTimeout?: number
}

export function execCommand(ctx: CliContext, run = runExec): JitCommand {
  const command = new JitCommand('exec', ctx)
  command
    .summary('run one program with credentials')
    .description(
      'Runs a program with the credentials of an active grant. Without one it asks for access first, hands the credentials to this program and what that starts, and takes them away when it ends. Its exit code is the exit code. Where it never ran, stderr says why in a line that starts with jit:, and the exit code is 126 or 127, as in a shell, or another one of `jit help exit-codes`.',
    )
    .argument('[target]', 'target, as `jit targets` shows it')
    .argument('<command...>', 'the program and its arguments, after --')
    .option(...FOR_FLAG)
    .option(...REASON_FLAG)
    .option(...JUSTIFICATION_FLAG)
    .option(...TICKET_FLAG)
    .option('--wait-timeout <duration>', 'wait that long at most for the decision (exit code 5 afterwards)', duration)
    .addHelpText(
      'after',
      examples(
        'jit exec prod-db -- aws s3 ls',
        'jit exec prod-db --for 15m --reason "slow query" -- terraform plan',
        `jit exec prod-db -- sh -c 'echo $JIT_GRANTED_TARGET until $JIT_GRANTED_UNTIL'`,
        'jit exec -- aws s3 ls      # asks which target',
      ),
    )
    .action((target: string | undefined, words: string[], flags: Flags) => run(ctx, optionsOf(target, words, flags)))
  return command
}

/** `target` is empty where `--` came first; see `withPlaceForTarget`. */
function optionsOf(target: string | undefined, command: readonly string[], flags: Flags): ExecOptions {
  const { for: durationSeconds, justification, ticket, waitTimeout } = flags
  const reason = (flags.reason ?? justification ?? '').trim()
  const wish = {
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(reason === '' ? {} : { reason }),
    ...(ticket === undefined ? {} : { ticket }),
  }
  return {
    ...(target ? { target } : {}),
    command,
    wish,
    waitMs: waitTimeout === undefined ? Number.POSITIVE_INFINITY : waitTimeout * 1000,
  }
}

export async function runExec(ctx: CliContext, { target: typed, command, wish, waitMs }: ExecOptions): Promise<void> {
  const children = await ctx.children()
  const [file = '', ...args] = command
  children.assertProgram(file)
  const target = typed ?? (await pickTarget(ctx))
  const live = await liveLeaseOf(ctx, target)
  if (live !== undefined) return ctx.exit(await runWith(ctx, live, file, args))
  const leases = await elevated(ctx, { ...wish, targets: [target] }, waitMs)
  try {
    const [lease] = leases
    if (lease === undefined) throw new Error('Delivered, but there is no lease.')
    if (ctx.signal.aborted) throw new JitError('INTERRUPTED', 'Interrupted before the program was started.', '')
    ctx.exit(await runWith(ctx, lease, file, args))
  } finally {
    await end(ctx, leases)
  }
}

/** What lives here first: it takes no asking. */
async function pickTarget(ctx: CliContext): Promise<string> {
  refuseQuestion(ctx, 'Say which target.', 'Type: jit exec TARGET -- CMD. See: jit status, jit targets')
  const live = await liveChoices(ctx)
  if (live.length === 0) return pickOffered(ctx)
  const picked = await ctx.ask.pick('With which grant?', [...live, { value: OTHER, label: 'Another target' }])
  return picked === OTHER ? pickOffered(ctx) : picked
}

/** No target can be called that. */
const OTHER = ''

/** None here, or ended at the endpoint just now. */
const NOT_LIVE: readonly string[] = ['NOT_FOUND', 'GRANT_ENDED']

/** The one to work with, and a word where another `jit exec` has one. */
async function liveLeaseOf(ctx: CliContext, target: string): Promise<Lease | undefined> {
  const serving = await ctx.serving()
  try {
    const lease = await currentLease(target, serving)
    if (isAnothers(lease, serving.within)) ctx.terminal.note(sharedText(ctx, lease))
    return lease
  } catch (error) {
    if (!(error instanceof JitError && NOT_LIVE.includes(error.code))) throw error
    if (isKeptByAnother(target, serving)) ctx.terminal.note(ownText(target))
    return undefined
  }
}

const sharedText = ({ clock }: CliContext, { target, endsAt }: Lease): string =>
  `${target}: another jit exec holds this grant. It ends with that program, at ${timeOfDay(endsAt, clock.now())} at the latest. To keep one: jit elevate ${target}`

const ownText = (target: string): string =>
  `${target}: another jit exec holds a grant that ends with its program; this one asks for its own. To share one: jit elevate ${target}`

async function runWith(ctx: CliContext, lease: Lease, file: string, args: readonly string[]): Promise<Ending> {
  const [children, { guide }, token] = await Promise.all([ctx.children(), ctx.guiding(), gcloudTokenOf(ctx, lease)])
  const exports = leaseEnvironment(lease, guide(lease), token)
  return runToEnd(children, { file, args, env: childEnvironment(ctx.env, exports, lease) })
}

/** gcloud has no command to ask, so in `process` mode this one child gets the token itself. */
const gcloudTokenOf = async (ctx: CliContext, lease: Lease): Promise<string | undefined> =>
  gcloudToken(lease, await ctx.serving())

async function elevated(ctx: CliContext, typed: TypedWish, waitMs: number): Promise<readonly Lease[]> {
  const wish = await completed(ctx, { ...typed, deliver: await modeFor(ctx, typed) })
  const progress = progressTo(ctx)
  const { elevate } = await ctx.elevation(progress.tell)
  const result = await elevate({ ask: wish, waitMs, forProgram: true }).finally(progress.stop)
  if (result.kind === 'delivered') return result.delivered.map(({ lease }) => lease)
  const { id } = result.request
  throw stillOpen(id, `Request ${id} is not decided yet, so nothing was run.`, 'NO_DECISION')
}

/** The one that nobody else finds, unless policy demands another. */
async function modeFor(ctx: CliContext, { targets: [name] }: TypedWish): Promise<DeliveryMode> {
  const api = await ctx.api()
  const target = (await api.targets(ctx.signal)).find((each) => each.name === name)
  return target?.deliver ?? 'isolated'
}

/** Nothing of the credentials outlives the child; how the child ended is told though the endpoint may be offline. */
async function end(ctx: CliContext, leases: readonly Lease[]): Promise<void> {
  const ids = new Set(leases.map(({ id }) => id))
  const ended = await revoke(
    await ctx.revocation(),
    ({ id, usedBy }) => ids.has(id) || (usedBy !== undefined && ids.has(usedBy)),
    new AbortController().signal,
  )
  refuseUnwiped(ended)
  for (const { lease, confirmed } of ended)
    if (!confirmed) ctx.terminal.note(`${lease.target} is ended here; the endpoint will be told: jit sweep`)
}
