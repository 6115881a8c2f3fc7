import { formatDuration } from '../../base/duration.ts'
import { terminalText } from '../../base/terminal-text.ts'
import type { Grant } from '../../contract/grant.ts'
import type { Person } from '../../contract/person.ts'
import type { AccessRequest, Decision, Need } from '../../contract/request.ts'
import type { CliContext } from '../context.ts'
import { approvalText } from './approval-text.ts'
import { roughly } from './elevate-text.ts'
import { timeOfDay } from './time.ts'

/** `clockOffsetMs`: this machine's clock minus the endpoint's. */
export type RequestView = { readonly words: string; readonly clockOffsetMs: number }

/** One request, whole: `name: value` a line, readable at 20 columns. Safe to print. */
export function requestText(
  { terminal, clock }: Pick<CliContext, 'terminal' | 'clock'>,
  request: AccessRequest,
  { words, clockOffsetMs }: RequestView,
): readonly string[] {
  const { strong, faint } = terminal.paint.out
  const now = clock.now()
  const here = (time: string): number => Date.parse(time) + clockOffsetMs
  const at = (time: string): string => timeOfDay(here(time), now)
  const until = (time: string): string => {
    const left = here(time) - now
    return left > 0 ? `${at(time)} (${roughly(left / 1000)} left)` : at(time)
  }
  const { id, state, requester, targets, durationSeconds, reason, ticket, origin, startsAt, decision } = request
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['state', state],
    ['who', personText(requester)],
    ['targets', targets.join(', ')],
    ['for', formatDuration(durationSeconds)],
    ['starts', startsAt && at(startsAt)],
    ['reason', reason],
    ['ticket', ticket],
    ['words', words],
    ['from', `${origin.host} (${origin.address}, login: ${origin.flow})`],
    ['asked', at(request.createdAt)],
    ['open until', state === 'pending' ? until(request.expiresAt) : undefined],
    ...request.needs.map((need) => [state === 'pending' ? 'needs' : 'needed', needText(need)] as const),
    ['decided', decision && decisionText(decision, at(decision.at))],
    ...request.grants.map((grant) => ['grant', grantText(grant, at, until)] as const),
  ]
  return [
    strong(terminalText(id)),
    ...lines.flatMap(([name, value]) => (value === undefined ? [] : [`  ${faint(`${name}:`)} ${terminalText(value)}`])),
  ]
}

const personText = ({ name, email }: Person): string => (email === undefined ? name : `${name} <${email}>`)

function needText({ target, approval, approvedBy }: Need): string {
  const given = approvedBy.length === 0 ? '' : `; approved by ${approvedBy.map(({ name }) => name).join(', ')}`
  return `${target}: ${approvalText(approval)}${given}`
}

function decisionText({ outcome, by, people, policies, reason }: Decision, at: string): string {
  const names = by === 'people' ? people.map(({ name }) => name) : policies
  const who = by === 'people' ? names.join(', ') : `policy${names.length === 0 ? '' : ` (${names.join(', ')})`}`
  return `${outcome} by ${who} at ${at}${reason === undefined ? '' : `: ${reason}`}`
}

type Times = (time: string) => string

function grantText({ id, target, state, endReason, startsAt, endsAt }: Grant, at: Times, until: Times): string {
  if (state === 'ended') return `${target}, over${endReason === undefined ? '' : ` (${endReason})`}: ${id}`
  return `${target}, ${state === 'active' ? 'active' : `from ${at(startsAt)}`} until ${until(endsAt)}: ${id}`
}
