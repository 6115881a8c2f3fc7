import { JitError } from '../../base/errors.ts'
import { terminalText } from '../../base/terminal-text.ts'
import type { StopCall } from '../../contract/stop.ts'
import { examples, JitCommand, JSON_FLAG, statedReason, TypedOption } from '../command.ts'
import type { CliContext } from '../context.ts'
import { printStops, scopeText, stoppedText } from '../ui/stop-text.ts'

export type KillOptions = { readonly json: boolean } & (
  | { readonly do: 'list' }
  | { readonly do: 'lift'; readonly id: string }
  | { readonly do: 'stop'; readonly call: Omit<StopCall, 'reason'>; readonly reason?: string; readonly yes: boolean }
)

type Flags = {
  readonly user?: string
  readonly pipeline?: string
  readonly target?: string
  readonly grant?: string
  readonly all: boolean
  readonly reason?: string
  readonly list: boolean
  readonly lift?: string
  readonly yes: boolean
  readonly json: boolean
}

export function killCommand(ctx: CliContext, run = runKill): JitCommand {
  const command = new JitCommand('kill', ctx)
  command
    .summary('end grants at once, everywhere (administrators)')
    .description(
      'Ends what lives, cancels what waits, and refuses anew until it is lifted. Machines that reach the endpoint wipe within seconds. For administrators. What it stops or lifts, and --yes, have no environment twins: they are typed.',
    )
    .addOption(new TypedOption('--user <who>', 'all of one person: e-mail address or subject'))
    .addOption(new TypedOption('--pipeline <name>', 'all jobs of one pipeline, by its name at the endpoint'))
    .addOption(new TypedOption('--target <name>', 'all of one target'))
    .addOption(new TypedOption('--grant <id>', 'one grant; nothing is refused afterwards'))
    .addOption(new TypedOption('--all', 'everything of everybody').default(false))
    .option('--reason <text>', 'why; it stands in the audit log, 500 characters at most', statedReason)
    .addOption(new TypedOption('--list', 'show what is in force').default(false))
    .addOption(new TypedOption('--lift <id>', 'let one go again'))
    .addOption(new TypedOption('--yes', 'do not ask whether I am sure').default(false))
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      examples(
        'jit kill --user dana@corp.example --reason "laptop stolen"',
        'jit kill --pipeline deploy-prod --reason "repository taken over"',
        'jit kill --grant g_0123456789abcdefghjkmnpqrs --reason "wrong account"',
        'jit kill --all --reason "keys leaked" --yes',
        'jit kill --list',
        'jit kill --lift s_0123456789abcdefghjkmnpqrs',
      ),
    )
    .action((flags: Flags) => run(ctx, optionsOf(flags)))
  return command
}

function optionsOf({ list, lift, json, reason, yes, ...flags }: Flags): KillOptions {
  const wanted = [...scopes(flags), ...(list ? ['list'] : []), ...(lift === undefined ? [] : ['lift'])]
  if (wanted.length !== 1)
    throw new JitError(
      'USAGE',
      wanted.length === 0 ? 'Say what to end.' : 'Say one thing at a time.',
      'Write one of --user, --pipeline, --target, --grant, --all, --list, --lift.',
    )
  if (list) return { do: 'list', json }
  if (lift !== undefined) return { do: 'lift', id: lift, json }
  return { do: 'stop', call: callOf(flags), yes, json, ...(reason === undefined ? {} : { reason }) }
}

type Scope = Pick<Flags, 'user' | 'pipeline' | 'target' | 'grant' | 'all'>

const scopes = ({ all, ...valued }: Scope): readonly string[] => [
  ...(['user', 'pipeline', 'target', 'grant'] as const).filter((name) => valued[name] !== undefined),
  ...(all ? ['all'] : []),
]

function callOf({ user, pipeline, target, grant }: Scope): Omit<StopCall, 'reason'> {
  if (user !== undefined) return { scope: 'user', value: user }
  if (pipeline !== undefined) return { scope: 'pipeline', value: pipeline }
  if (target !== undefined) return { scope: 'target', value: target }
  return grant === undefined ? { scope: 'all' } : { scope: 'grant', value: grant }
}

export async function runKill(ctx: CliContext, options: KillOptions): Promise<void> {
  if (options.do === 'list') return list(ctx, options)
  if (options.do === 'lift') return lift(ctx, options)
  return stop(ctx, options)
}

async function stop(ctx: CliContext, { call, reason, yes, json }: Extract<KillOptions, { do: 'stop' }>): Promise<void> {
  const words = reason?.trim() || (await askReason(ctx))
  if (!yes) await confirm(ctx, call)
  const api = await ctx.api()
  const done = await api.stop({ ...call, reason: words }, ctx.signal)
  if (json) return ctx.terminal.out(JSON.stringify(done))
  for (const line of stoppedText(call, done)) ctx.terminal.note(line)
}

async function list(ctx: CliContext, { json }: { readonly json: boolean }): Promise<void> {
  const api = await ctx.api()
  const stops = await api.stops(ctx.signal)
  if (json) return ctx.terminal.out(JSON.stringify(stops))
  printStops(ctx, stops)
}

async function lift(ctx: CliContext, { id, json }: { readonly id: string; readonly json: boolean }): Promise<void> {
  const api = await ctx.api()
  const lifted = await api.liftStop(id, ctx.signal)
  if (json) return ctx.terminal.out(JSON.stringify(lifted))
  const stops = await api.stops(ctx.signal).catch(() => []) // lifted is lifted
  const other = stops.find(({ scope, value }) => scope === 'all' || (scope === lifted.scope && value === lifted.value))
  if (other === undefined)
    return ctx.terminal.note(
      `Lifted: ${scopeText(lifted)} ${lifted.scope === 'target' ? 'can be asked for' : 'may ask'} again. What was ended stays ended.`,
    )
  ctx.terminal.note(`Lifted, but another one still stops ${scopeText(other)}.`)
  ctx.terminal.note(`Let that one go too: jit kill --lift ${terminalText(other.id)}`)
}

function askReason({ terminal, ask }: CliContext): Promise<string> {
  if (terminal.interactive) return ask.text('Why? It stands in the audit log:')
  throw new JitError('USAGE', 'Say why: it stands in the audit log.', 'Add: --reason TEXT')
}

/** Whose work it ends is known where one person or one grant is named; beyond that one wrong line stops a company. */
async function confirm({ terminal, ask }: CliContext, call: Omit<StopCall, 'reason'>): Promise<void> {
  if (call.scope === 'user' || call.scope === 'grant') return
  if (terminal.interactive) {
    const answer = await ask.text(`This ends all grants of ${scopeText(call)}. Type yes to go on:`)
    if (/^y(es)?$/i.test(answer.trim())) return
    throw new JitError('INTERRUPTED', 'Nothing was stopped.', 'Answer yes, or add: --yes')
  }
  if (call.scope === 'all')
    throw new JitError('USAGE', 'Nobody is here to ask whether everything shall be stopped.', 'Add: --yes')
}
