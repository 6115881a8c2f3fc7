import { defined } from '../../base/defined.ts'
import { formatDuration } from '../../base/duration.ts'
import { isInstant } from '../../contract/narrow.ts'
import { LONGEST_TEXT } from '../../contract/plain-text.ts'
import { FARTHEST_START_DAYS, type NewRequest, SHORTEST_GRANT_SECONDS } from '../../contract/request.ts'
import { type DeliveryMode, TARGET_NAME } from '../../contract/target.ts'
import type { ConfiguredTarget } from '../config/types.ts'
import { Refusal } from '../refusal.ts'
import { plainText } from './plain-text.ts'

const MOST_TARGETS = 10
const FARTHEST_START_MS = FARTHEST_START_DAYS * 86_400_000

/** A new request within the rules that hold whatever policy says. */
export type Wanted = {
  readonly targets: readonly string[]
  readonly durationSeconds: number
  readonly reason: string
  readonly ticket?: string
  /** ms since 1970. */
  readonly startsAt?: number
  readonly deliver?: DeliveryMode
  readonly host: string
}

/** Refuses with `invalid_request` or `not_found`, in the words of the request. */
export function readWanted(request: NewRequest, targets: ReadonlyMap<string, ConfiguredTarget>): Wanted {
  return defined({
    targets: knownTargets(request.targets, targets),
    durationSeconds: wholeDuration(request.durationSeconds),
    reason: plainText('reason', request.reason, LONGEST_TEXT.reason),
    ticket: request.ticket === undefined ? undefined : plainText('ticket', request.ticket, LONGEST_TEXT.ticket),
    startsAt: request.startsAt === undefined ? undefined : instant(request.startsAt),
    deliver: request.deliver,
    host: plainText('host', request.host, 255),
  })
}

function knownTargets(names: readonly string[], targets: ReadonlyMap<string, ConfiguredTarget>): readonly string[] {
  if (names.length < 1 || names.length > MOST_TARGETS)
    throw new Refusal('invalid_request', `A request is for 1 to ${MOST_TARGETS} targets, not ${names.length}.`)
  for (const name of names) {
    if (!TARGET_NAME.test(name))
      throw new Refusal('invalid_request', 'That is not the name of a target.', 'See: jit targets')
    if (!targets.has(name)) throw noSuchTarget(name)
    if (names.indexOf(name) !== names.lastIndexOf(name))
      throw new Refusal('invalid_request', `The target ${name} is named twice.`, 'Name each target once.')
  }
  return names
}

/** The same words for a target that does not exist and for one that the caller may not know of. */
export const noSuchTarget = (name: string): Refusal =>
  new Refusal('not_found', `There is no target called ${name}.`, 'See: jit targets')

function wholeDuration(seconds: number): number {
  if (!Number.isSafeInteger(seconds) || seconds < SHORTEST_GRANT_SECONDS)
    throw new Refusal(
      'invalid_request',
      `A duration is a whole number of seconds, ${SHORTEST_GRANT_SECONDS} at least.`,
      'For example: --for 30m',
    )
  return seconds
}

/** Refuses a duration over `mostSeconds`, saying what would go. */
export function checkLongest(target: string, seconds: number, mostSeconds: number): void {
  if (seconds <= mostSeconds) return
  const most = formatDuration(mostSeconds)
  throw new Refusal(
    'invalid_request',
    `${target} can be had for at most ${most}; ${formatDuration(seconds)} is too long.`,
    `Try: --for ${most.replaceAll(' ', '')}`,
  )
}

function instant(text: string): number {
  if (!isInstant(text)) throw new Refusal('invalid_request', 'startsAt is no UTC time such as 2026-11-21T23:30:00Z.')
  return Date.parse(text)
}

export function checkStart(startsAt: number | undefined, now: number): void {
  if (startsAt === undefined) return
  if (startsAt <= now)
    throw new Refusal('invalid_request', 'The start lies in the past.', 'Leave out --at to start at the decision.')
  if (startsAt > now + FARTHEST_START_MS)
    throw new Refusal(
      'invalid_request',
      `The start lies more than ${FARTHEST_START_DAYS} days ahead.`,
      'Ask again nearer to the time.',
    )
}
