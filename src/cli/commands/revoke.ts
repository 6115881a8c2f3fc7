import { JitError } from '../../base/errors.ts'
import { nearest } from '../../base/nearest.ts'
import { type Revocable, type Revocation, revoke } from '../../client/revocation.ts'
import { examples, JitCommand, JSON_FLAG } from '../command.ts'
import type { CliContext } from '../context.ts'
import { pickLive, refuseQuestion } from '../ui/pick-target.ts'
import { missingLogin, refuseUnwiped } from '../ui/revocation-text.ts'
import { timeOfDay } from '../ui/time.ts'

export type RevokeOptions = { readonly which: 'all' | 'ask' | { readonly name: string }; readonly json: boolean }

/** `run` is replaced by the tests that only care how argv becomes options. */
export function revokeCommand(ctx: CliContext, run = runRevoke): JitCommand {
  const command = new JitCommand('revoke', ctx)
  command
    .summary('end a grant before its time is up')
    .description(
      'Ends grants: removes their credentials from this machine, then tells the endpoint. Works offline too.',
    )
    .argument('[target-or-grant]', 'target or grant to end, as `jit status` shows it')
    .option('--all', 'end every grant on this machine', false)
    .option(...JSON_FLAG)
    .addHelpText('after', examples('jit revoke prod-db', 'jit revoke --all'))
    .action((name: string | undefined, { all, json }: { all: boolean; json: boolean }) =>
      run(ctx, { which: parseWhich(name, all), json }),
    )
  return command
}

function parseWhich(name: string | undefined, all: boolean): RevokeOptions['which'] {
  if (all && name === undefined) return 'all'
  if (!all && name !== undefined) return { name }
  if (!all) return 'ask'
  throw new JitError('USAGE', 'A name and --all exclude each other.', 'Leave one out. See: jit status')
}

/** No grant can be called that. */
const ALL = '--all'

async function pickGrant(ctx: CliContext): Promise<'all' | { readonly name: string }> {
  refuseQuestion(ctx, 'Say which grant to end, or --all.', 'Type: jit revoke TARGET. See: jit status')
  const more = [{ value: ALL, label: 'All of them' }]
  const name = await pickLive(ctx, 'Which grant shall end?', { fits: () => true, more })
  return name === ALL ? 'all' : { name }
}

export async function runRevoke(ctx: CliContext, { which: asked, json }: RevokeOptions): Promise<void> {
  const which = asked === 'ask' ? await pickGrant(ctx) : asked
  const deps = await ctx.revocation() // lazy: help and bad usage never touch disk or network
  const chosen = (lease: Revocable): boolean =>
    which === 'all' || lease.target === which.name || lease.id === which.name
  const login = missingLogin()
  const ended = await revoke({ ...deps, untold: login.untold }, chosen, ctx.signal)
  if (ended.length === 0 && which !== 'all') throw await notFound(ctx, which.name)

  if (json) ctx.terminal.out(JSON.stringify(ended.map(asJson)))
  else if (ended.length === 0) ctx.terminal.note('There is no grant on this machine.')
  for (const { lease, wiped } of ended)
    if (wiped) ctx.terminal.note(`Ended ${lease.target}: its credentials are gone from this machine.`)
  refuseUnwiped(ended)
  refuseUnconfirmed(ctx, ended, login.failure())
  if (ended.length > 0) ctx.terminal.note(copies(ctx, ended))
}

/** No cloud takes temporary credentials back: what someone copied works until the end that is written into it. */
function copies({ clock }: CliContext, ended: readonly Revocation[]): string {
  const entries = ended.flatMap(({ lease }) => lease.entries ?? [])
  if (ended.some(({ lease }) => lease.entries === undefined))
    return 'A copy of the keys, if someone made one, works in the cloud until its end.'
  const until = Math.max(...entries.map(({ validUntil }) => validUntil))
  const clouds = new Set(entries.filter(({ validUntil }) => validUntil === until).map(({ cloud }) => cloud))
  return `A copy of the keys, if someone made one, works until ${timeOfDay(until, clock.now())} (${[...clouds].join(', ')}).`
}

const asJson = ({ lease, ...result }: Revocation) => ({
  grant: lease.id,
  target: lease.target,
  ...result,
  entries: lease.entries?.map((entry) => ({
    cloud: entry.cloud,
    profile: entry.profile,
    cloudTakesItUntil: new Date(entry.validUntil).toISOString(),
  })),
})

async function notFound(ctx: CliContext, name: string): Promise<JitError> {
  const { leasing } = await ctx.revocation()
  const pending = (await ctx.pending()).list().find(({ id, targets }) => id === name || targets.includes(name))
  if (pending !== undefined)
    return new JitError(
      'NOT_FOUND',
      `${name} is only asked for, not granted.`,
      `Take the request back: jit cancel ${pending.id}`,
    )
  const meant = nearest(
    name,
    leasing.list().map(({ target }) => target),
  )
  return new JitError(
    'NOT_FOUND',
    `No active grant is called ${name}.`,
    meant === undefined ? 'See: jit status' : `Did you mean ${meant}? See: jit status`,
  )
}

function refuseUnconfirmed(ctx: CliContext, ended: readonly Revocation[], login: JitError | undefined): void {
  const missed = ended.filter(({ confirmed }) => !confirmed)
  if (missed.length === 0) return
  const names = missed.map(({ lease }) => lease.target).join(', ')
  const queued = missed.every((each) => each.queued)
  throw new JitError(
    'REVOKE_UNCONFIRMED',
    `The endpoint did not confirm the end of ${names}. ${copies(ctx, missed)}`,
    queued
      ? whenItGoesOut(login)
      : 'The message could not be queued either (disk full?). Type the same again when online.',
  )
}

const whenItGoesOut = (login: JitError | undefined): string =>
  login === undefined
    ? 'The message is queued and goes out at the next jit command that is online; at once: jit sweep'
    : `The message is queued and goes out once you are logged in. ${login.hint}`
