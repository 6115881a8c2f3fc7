import { formatDuration } from '../base/duration.ts'
import { JitError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import type { NewRequest } from '../contract/request.ts'
import type { DeliveryMode, Target } from '../contract/target.ts'
import type { Leasing } from './leasing.ts'
import { statedText } from './stated-text.ts'
import type { EntryIntent } from './sinks/types.ts'

/** What somebody asked for on this machine, before defaults. */
export type Wish = {
  readonly targets: readonly string[]
  /** Absent: an hour, or the target's longest where that is shorter. */
  readonly durationSeconds?: number
  readonly reason: string
  readonly ticket?: string
  /** RFC 3339 in UTC. */
  readonly startsAt?: string
  readonly deliver?: DeliveryMode
  /** Makes what is delivered the default profile, configuration, subscription or context as well, until it ends. */
  readonly asDefault?: boolean
  /** The grant that shall become longer: what is delivered takes its place here, and it is ended. */
  readonly extends?: Extends
}

/** `bySeconds`: how much longer was wanted, which the duration of the request does not say. */
export type Extends = { readonly grant: string; readonly bySeconds: number }

const USUAL_SECONDS = 3600

/**
 * Everything that can go wrong on this machine or be known beforehand, before a person is asked to decide: unknown target,
 * too long, a name that the user has taken, a credentials file that can't be written or wiped later.
 */
export async function preflight(
  wish: Wish,
  offered: readonly Target[],
  leasing: Pick<Leasing, 'check'>,
  host: string,
): Promise<{ readonly request: NewRequest; readonly targets: readonly Target[] }> {
  const targets = [...new Set(wish.targets)].map((name) => find(name, offered))
  if (wish.asDefault && targets.length > 1)
    throw new JitError('USAGE', 'Only one target can be the default.', 'Leave out --as-default, or elevate one by one.')
  for (const target of targets) {
    if (isPossible(target)) refuseTooLong(target, wish.durationSeconds)
    refuseHiddenDefault(target, wish)
    await leasing.check(intentsOf(target, wish))
  }
  const longest = Math.min(USUAL_SECONDS, ...targets.filter(isPossible).map((each) => each.maxDurationSeconds))
  const { ticket, startsAt, deliver } = wish
  const reason = statedText('reason', wish.reason)
  const request: NewRequest = {
    targets: targets.map(({ name }) => name),
    durationSeconds: wish.durationSeconds ?? longest,
    reason,
    host,
    ...(ticket === undefined ? {} : { ticket }),
    ...(startsAt === undefined ? {} : { startsAt }),
    ...(deliver === undefined ? {} : { deliver }),
  }
  return { request, targets }
}

/** What would be delivered here for a target. Policy's word on the mode counts before the wish. */
export const intentsOf = (
  { name, access, deliver }: Target,
  wish: Pick<Wish, 'deliver' | 'asDefault'>,
): readonly EntryIntent[] =>
  access.map(({ cloud, profile }) => ({
    target: name,
    cloud,
    profile,
    asDefault: wish.asDefault === true,
    deliver: deliver ?? wish.deliver ?? 'files',
  }))

/**
 * A job gets a private directory where neither its author nor a policy says otherwise: no other program of a machine that works for
 * many jobs takes it unasked, and what a killed job leaves lies in one place that goes as a whole.
 */
export function wishOfJob(wish: Wish, offered: readonly Target[]): Wish {
  const isDemanded = offered.some(({ name, deliver }) => wish.targets.includes(name) && deliver !== undefined)
  return wish.deliver !== undefined || wish.asDefault === true || isDemanded ? wish : { ...wish, deliver: 'isolated' }
}

function find(name: string, offered: readonly Target[]): Target {
  const target = offered.find((each) => each.name === name)
  if (target !== undefined) return target
  const meant = nearest(
    name,
    offered.map((each) => each.name),
  )
  const hint = meant === undefined ? 'See what you may ask for: jit targets' : `Did you mean ${meant}? See: jit targets`
  throw new JitError('NOT_FOUND', `No target is called ${name}.`, hint)
}

/** A private directory is nobody's default: the variables of `jit env` and `jit exec` alone lead there. */
function refuseHiddenDefault({ name, deliver: demanded }: Target, { asDefault = false, deliver }: Wish): void {
  if (!asDefault || (demanded ?? deliver) !== 'isolated') return
  throw new JitError(
    'USAGE',
    `${name} is delivered isolated, which cannot be a default.`,
    demanded === undefined ? 'Leave out --as-default or --deliver isolated.' : 'Leave out --as-default.',
  )
}

/** What policy refuses has no duration; the endpoint says why, in the words of the policy. */
const isPossible = ({ approval }: Target): boolean => approval.kind !== 'refused'

function refuseTooLong({ name, maxDurationSeconds }: Target, asked: number | undefined): void {
  if (asked === undefined || asked <= maxDurationSeconds) return
  const longest = formatDuration(maxDurationSeconds)
  throw new JitError(
    'USAGE',
    `${formatDuration(asked)} is too long: ${name} is given for ${longest} at most.`,
    `Ask for less: --for ${longest.replaceAll(' ', '')}`,
  )
}
