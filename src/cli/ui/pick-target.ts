import { formatDuration } from '../../base/duration.ts'
import { JitError } from '../../base/errors.ts'
import { type LiveGrant, status } from '../../client/status.ts'
import type { Target } from '../../contract/target.ts'
import type { CliContext } from '../context.ts'
import { approvalText } from './approval-text.ts'
import type { Choice } from './ask.ts'

/** Throws `USAGE` where nobody can be asked; `hint` says what to pass. */
export function refuseQuestion({ terminal }: Pick<CliContext, 'terminal'>, message: string, hint: string): void {
  if (!terminal.interactive) throw new JitError('USAGE', message, hint)
}

/** Something that may be asked for: what is used most comes first. Policy's refusals stand at the end, and cannot be taken. */
export async function pickOffered(ctx: CliContext): Promise<string> {
  const api = await ctx.api()
  const targets = await api.targets(ctx.signal)
  if (targets.length === 0)
    throw new JitError('NOT_FOUND', 'There is nothing you may ask for.', 'Who you are to the endpoint: jit whoami')
  const used = await ctx.used()
  const rank = ({ name, approval }: Target): number => (approval.kind === 'refused' ? -1 : used(name))
  const sorted = targets.toSorted((a, b) => rank(b) - rank(a) || (a.name < b.name ? -1 : 1))
  return ctx.ask.pick('What do you need?', sorted.map(offeredChoice))
}

function offeredChoice({ name, description, maxDurationSeconds, approval }: Target): Choice {
  const refused = approval.kind === 'refused'
  return {
    value: name,
    label: refused ? name : `${name} - ${formatDuration(maxDurationSeconds)} at most, ${approvalText(approval)}`,
    ...(description === undefined ? {} : { about: description }),
    ...(refused && { disabled: approvalText(approval) }),
  }
}

type Fits = (grant: LiveGrant) => boolean
const isRunning: Fits = ({ secondsLeft }) => secondsLeft > 0

/** A grant that lives here, for commands that work with one; `fits` leaves out what they cannot use. */
export async function pickLive(
  ctx: CliContext,
  question: string,
  { fits = isRunning, more = [] }: { readonly fits?: Fits; readonly more?: readonly Choice[] } = {},
): Promise<string> {
  const live = await liveChoices(ctx, fits)
  if (live.length === 0)
    throw new JitError('NOT_FOUND', 'No grant on this machine is fit for that.', 'See: jit status, jit targets')
  return ctx.ask.pick(question, [...live, ...(live.length > 1 ? more : [])])
}

export async function liveChoices(ctx: CliContext, fits: Fits = isRunning): Promise<readonly Choice[]> {
  return status(await ctx.status())
    .grants.filter(fits)
    .map(({ lease, secondsLeft }) => ({
      value: lease.target,
      label: `${lease.target} - ${formatDuration(secondsLeft)} left`,
      about: lease.entries.map(({ cloud, profile }) => `${cloud} ${profile}`).join(', '),
    }))
}
