import { formatDuration } from '../../base/duration.ts'
import { terminalText } from '../../base/terminal-text.ts'
import { LONGEST_CHANNEL_WAIT_SECONDS } from '../../contract/channel.ts'
import type { LiveGrant, Status } from '../../client/status.ts'
import type { GrantNote } from '../../client/grant-notes.ts'
import type { CliContext } from '../context.ts'
import { atCloudUntil, entryJson, unrenewedText, secretPlaces } from './entry-text.ts'
import { table } from './table.ts'
import { timeOfDay } from './time.ts'

type Speaking = Pick<CliContext, 'terminal' | 'clock'>

/** Tables on stdout; what needs attention on stderr. */
export function printStatus(ctx: Speaking, now: Status, { json }: { readonly json: boolean }): void {
  if (json) return ctx.terminal.out(JSON.stringify(statusJson(now)))
  printGrants(ctx, now.grants)
  printRequests(ctx, now.requests)
  const time = (ms: number): string => timeOfDay(ms, ctx.clock.now())
  for (const { target, grant, at } of now.unconfirmed)
    ctx.terminal.note(
      `${target}: ended here at ${time(at)}, the endpoint does not know yet (${grant}). Tell it now: jit sweep`,
    )
  for (const line of receiptsText(now)) ctx.terminal.note(line)
  for (const grant of now.grants) for (const line of silenceText(grant)) ctx.terminal.note(line)
  for (const grant of now.grants) for (const line of unrenewedText(grant, ctx.clock.now())) ctx.terminal.note(line)
  for (const { message, hint, at } of now.ended)
    ctx.terminal.note(
      `${time(at)}: ${terminalText(message)} Its credentials are gone from this machine. ${terminalText(hint)}`,
    )
  for (const { lease } of now.grants)
    if (lease.state === 'stuck')
      ctx.terminal.note(
        `${lease.target}: its credentials could not be removed (${lease.lastError ?? 'no reason known'}). Try now: jit sweep`,
      )
  for (const { file, why } of now.unreadable)
    ctx.terminal.note(`${file} cannot be read (${why}). Wipe what it may stand for: jit sweep`)
}

function printGrants({ terminal, clock }: Speaking, grants: readonly LiveGrant[]): void {
  if (grants.length === 0)
    return terminal.note('No grant is active on this machine. See what you may ask for: jit targets')
  const rows = grants.flatMap(({ lease, secondsLeft }) =>
    lease.entries.map((entry) => [
      lease.target,
      lease.state,
      formatDuration(secondsLeft),
      timeOfDay(lease.endsAt, clock.now()),
      entry.cloud,
      entry.profile,
      atCloudUntil(entry, clock.now()),
      secretPlaces(lease, entry).join(', '),
    ]),
  )
  const heading = ['TARGET', 'STATE', 'LEFT', 'ENDS', 'CLOUD', 'PROFILE', 'CLOUD TAKES IT UNTIL', 'SECRET LIES IN']
  terminal.out(table(heading, rows, { columns: terminal.columns, paint: terminal.paint.out }))
}

function printRequests({ terminal, clock }: Speaking, requests: Status['requests']): void {
  if (requests.length === 0) return
  const rows = requests.map(({ id, targets, durationSeconds, opensUntil, fingerprint }) => [
    id,
    targets.join(', '),
    formatDuration(durationSeconds),
    timeOfDay(opensUntil, clock.now()),
    fingerprint,
  ])
  const heading = ['OPEN REQUEST', 'TARGETS', 'FOR', 'OPEN UNTIL', 'WORDS']
  terminal.out(table(heading, rows, { columns: terminal.columns, paint: terminal.paint.out }))
  terminal.note('Come back to one: jit elevate --request ID')
}

/** Of a grant that was ended here the line about its end says enough. */
const receiptsText = ({ receipts, unconfirmed }: Status): readonly string[] =>
  receipts
    .filter(({ grant }) => !unconfirmed.some((end) => end.grant === grant))
    .map(({ target, grant, outcome }) => `${target}: ${RECEIPT[outcome]} (${grant}). Tell it now: jit sweep`)

const RECEIPT = {
  wiped: 'wiped here, the endpoint has no receipt yet',
  stuck: 'its wipe is stuck, the endpoint does not know yet',
} as const

/** An endpoint that has nothing to say is heard at the end of each call. */
const NOTEWORTHY_SECONDS = LONGEST_CHANNEL_WAIT_SECONDS + 5

/** A strict grant whose endpoint is silent for longer than it ever is by itself. */
function silenceText({ lease, silence }: LiveGrant): readonly string[] {
  if (silence === undefined || silence.silentSeconds < NOTEWORTHY_SECONDS) return []
  const { silentSeconds, wipedInSeconds } = silence
  return [
    `${lease.target}: no word from the endpoint for ${formatDuration(silentSeconds)}; wiped in ${formatDuration(wipedInSeconds)}.`,
  ]
}

const iso = (ms: number): string => new Date(ms).toISOString()

const reasonJson = ({ code, message, hint, at }: GrantNote) => ({ code, message, hint, at: iso(at) })

export function statusJson({ grants, requests, ended, unconfirmed, receipts, unreadable }: Status) {
  return {
    grants: grants.map(({ lease, secondsLeft, unrenewed, silence }) => ({
      grant: lease.id,
      target: lease.target,
      state: lease.state,
      deliver: lease.deliver,
      endpoint: lease.endpoint,
      endsAt: iso(lease.endsAt),
      secondsLeft,
      entries: lease.entries.map((entry) => entryJson(lease, entry)),
      places: lease.places.map(({ path }) => path),
      ...(lease.lastError === undefined ? {} : { lastError: lease.lastError }),
      ...(unrenewed && { renewal: reasonJson(unrenewed) }),
      ...(lease.channel === undefined ? {} : { channel: { rule: lease.channel, ...silence } }),
    })),
    requests: requests.map(({ askedAt, opensUntil, ...request }) => ({
      ...request,
      askedAt: iso(askedAt),
      opensUntil: iso(opensUntil),
    })),
    ended: ended.map((note) => ({ grant: note.grant, target: note.target, ...reasonJson(note) })),
    unconfirmed: unconfirmed.map(({ at, kind: _end, ...entry }) => ({ ...entry, at: iso(at) })),
    receipts: receipts.map(({ at, kind: _receipt, machine: _hash, ...entry }) => ({ ...entry, at: iso(at) })),
    unreadable,
  }
}
