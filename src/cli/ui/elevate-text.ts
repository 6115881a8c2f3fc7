import { formatDuration } from '../../base/duration.ts'
import { JitError } from '../../base/errors.ts'
import { terminalText } from '../../base/terminal-text.ts'
import type { WaitState } from '../../client/approval/wait.ts'
import type { LeaseGuide } from '../../client/delivery.ts'
import type { Elevation, Progress } from '../../client/elevation.ts'
import type { Lease } from '../../client/leases/types.ts'
import { STALE_CHANNEL_SECONDS } from '../../contract/channel.ts'
import type { AccessRequest, Explanation, NewRequest } from '../../contract/request.ts'
import type { Cloud } from '../../contract/target.ts'
import type { CliContext } from '../context.ts'
import { approvalText, waitsFor } from './approval-text.ts'
import { entryJson, noteText, outlivesText, secretPlaces } from './entry-text.ts'
import type { Spinner } from './spinner.ts'
import { timeOfDay } from './time.ts'

type Telling = { readonly tell: (progress: Progress) => void; readonly stop: () => void }

/** Tells a person on stderr how the elevation goes. The spinner is loaded when there is something to wait for. */
export function progressTo(ctx: CliContext): Telling {
  let spinner: Spinner | undefined
  let wanted: string | undefined
  const load = async (): Promise<void> => {
    spinner ??= await ctx.spinner()
    if (wanted !== undefined) spinner.show(wanted)
  }
  const spin = (text: string): void => {
    wanted = text
    if (spinner === undefined) void load()
    else spinner.show(text)
  }
  const stop = (): void => {
    wanted = undefined
    spinner?.stop()
  }
  const tell = (progress: Progress): void => {
    if (progress.kind === 'waiting') return spin(waitingText(progress.state))
    if (progress.kind === 'scheduled') return spin(`Approved. Starts at ${startOf(ctx, progress.request)}.`)
    stop()
    for (const line of sentences(ctx, progress)) ctx.terminal.note(line)
  }
  return { tell, stop }
}

function sentences(ctx: CliContext, progress: Progress): readonly string[] {
  if (progress.kind === 'replaces') {
    const { target, endsAt } = progress.lease
    return [
      `${target} is already yours until ${timeOfDay(endsAt, ctx.clock.now())}; the new grant will take its place.`,
    ]
  }
  if (progress.kind === 'clock') return [clockText(progress.offsetMs)]
  if (progress.kind === 'approved') return [approvedText(progress.request)]
  const open = (progress.kind === 'asked' || progress.kind === 'resumed') && progress.request.state === 'pending'
  return open ? askedText(ctx, progress.request, progress.kind) : []
}

function clockText(offsetMs: number): string {
  const off = formatDuration(Math.abs(offsetMs) / 1000)
  const way = offsetMs > 0 ? 'ahead of' : 'behind'
  return `This machine's clock is ${off} ${way} the endpoint's. AWS refuses calls signed 5m off: set the clock.`
}

function askedText(ctx: CliContext, request: AccessRequest, kind: Progress['kind']): readonly string[] {
  const { id, targets, durationSeconds, fingerprint, expiresAt } = request
  const what = terminalText(`${targets.join(', ')} for ${formatDuration(durationSeconds)}`)
  return [
    `${kind === 'asked' ? 'Asked for' : 'Coming back to the request for'} ${what} (request ${terminalText(id)}).`,
    `Can approve: ${waitsFor(request)}. Words to compare: ${ctx.terminal.paint.note.strong(terminalText(fingerprint))}`,
    `Open until ${timeOfDay(Date.parse(expiresAt), ctx.clock.now())}. Ctrl-C leaves it open; jit cancel ${terminalText(id)} takes it back.`,
  ]
}

function waitingText(state: WaitState): string {
  if (!state.connected) return `${terminalText(state.why)} Still trying; the request stays open.`
  return `Waiting for ${waitsFor(state.request)} (${terminalText(state.request.fingerprint)})`
}

function approvedText({ decision }: AccessRequest): string {
  const people = decision?.by === 'people' ? decision.people.map(({ name }) => name).join(', ') : ''
  return terminalText(people === '' ? 'Approved by policy.' : `Approved by ${people}.`)
}

const startOf = ({ clock }: CliContext, { grants }: AccessRequest): string =>
  timeOfDay(Math.max(...grants.map(({ startsAt }) => Date.parse(startsAt))), clock.now())

type Delivered = Extract<Elevation, { kind: 'delivered' }>

/** How to use what was delivered, where it lies and when it ends. */
export function printDelivered(
  ctx: CliContext,
  { request, delivered }: Delivered,
  { json }: { readonly json: boolean },
): void {
  if (json) outGranted(ctx, delivered, { request: request.id, grants: delivered.map(grantJson) })
  for (const each of delivered) for (const line of usage(ctx, each)) ctx.terminal.note(line)
  if (delivered.some(({ lease }) => lease.entries.some(({ cloud }) => cloud === 'aws'))) warnOfOverride(ctx)
}

/** The grants are there, read or not: whoever asked for them must learn that, and how to be rid of them. */
export function outGranted({ terminal, clock }: CliContext, delivered: readonly LeaseGuide[], document: unknown): void {
  try {
    terminal.out(JSON.stringify(document))
  } catch (error) {
    if (!(error instanceof JitError)) throw error
    const active = delivered.map(({ lease }) => `${lease.target} (until ${timeOfDay(lease.endsAt, clock.now())})`)
    const revoke = delivered.map(({ lease }) => `jit revoke ${lease.target}`).join('; ')
    const message = `${error.message} The credentials are there all the same: ${active.join(', ')}.`
    throw new JitError(error.code, message, `To see them: jit status --json. To end them: ${revoke}`, { cause: error })
  }
}

export const grantJson = ({ lease, guides }: LeaseGuide) => ({
  grant: lease.id,
  target: lease.target,
  endsAt: new Date(lease.endsAt).toISOString(),
  entries: guides.map(({ entry, environment }) => ({ ...entryJson(lease, entry), environment })),
  places: lease.places.map(({ path }) => path),
})

export function usage(
  { terminal, clock, env, isInstalled }: CliContext,
  { lease, guides }: LeaseGuide,
): readonly string[] {
  const { good, strong, faint } = terminal.paint.note
  const ends = timeOfDay(lease.endsAt, clock.now())
  const left = roughly((lease.endsAt - clock.now()) / 1000)
  const lines = guides.flatMap(({ entry, usage }) => [
    ...noteText(lease, entry),
    ...usage.map((line) => `  ${terminalText(line)}`),
    ...(isInstalled(CLIENT[entry.cloud]) ? [] : [missingText(CLIENT[entry.cloud])]),
  ])
  return [
    `${good(terminalText(lease.target))} is yours until ${strong(ends)} (${left}).`,
    ...new Set(lines), // clouds that are reached the same way say it once
    ...whereText(lease).map((line) => faint(line)), // chalk takes more than one argument
    ...outlivesText(lease, clock.now()),
    ...strictText(lease, env),
  ]
}

/** A login that only this process can open is no use to the one in the background, which then hears nothing. */
function strictText({ channel }: Lease, env: CliContext['env']): readonly string[] {
  if (channel !== 'strict') return []
  const limit = `${STALE_CHANNEL_SECONDS} seconds`
  const isDeaf = env['JIT_KEY_STORE'] === 'memory' || (env['JIT_PASSPHRASE_FD'] ?? '') !== ''
  return isDeaf
    ? [`Strict: it goes in ${limit}, because nothing here can go on hearing from the endpoint with this login.`]
    : [`Strict: it goes as soon as this machine has not heard from the endpoint for ${limit}.`]
}

/** One place is a sentence; of several each has its line. */
function whereText(lease: Lease): readonly string[] {
  const sooner = `Sooner: jit revoke ${terminalText(lease.target)}`
  const places = [...new Set(lease.entries.flatMap((entry) => secretPlaces(lease, entry)))].map(terminalText)
  if (places.length < 2) return [`In ${places.join('')} until then. ${sooner}`]
  return ['Until then in', ...places.map((place) => `  ${place}`), sooner]
}

export const CLIENT = { aws: 'aws', gcp: 'gcloud', azure: 'az', kubernetes: 'kubectl' } as const satisfies Record<
  Cloud,
  string
>

const missingText = (client: string): string =>
  `${client} is not installed here, or not on PATH. Other programs that read its files find the credentials all the same.`

/** Seconds matter only where there are few. */
export const roughly = (seconds: number): string =>
  formatDuration(seconds < 120 ? Math.ceil(seconds) : Math.round(seconds / 60) * 60)

/** `AWS_PROFILE` loses against these in every AWS client, so commands would run as somebody else. */
function warnOfOverride({ env, terminal }: CliContext): void {
  if ((env['AWS_ACCESS_KEY_ID'] ?? '') === '') return
  terminal.note(
    'AWS_ACCESS_KEY_ID is set in this shell and wins over AWS_PROFILE. Use --profile, or: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN',
  )
}

/** A request that is left open or starts later. */
export function printOpen(ctx: CliContext, { kind, request }: Elevation, { json }: { readonly json: boolean }): void {
  if (json)
    ctx.terminal.out(JSON.stringify({ request: request.id, state: kind, fingerprint: request.fingerprint, grants: [] }))
  if (kind !== 'scheduled') return
  ctx.terminal.note(
    `Approved. Starts at ${startOf(ctx, request)}; fetch it then: jit elevate --request ${terminalText(request.id)}`,
  )
}

export function printExplanation(
  { terminal }: CliContext,
  { explanation, request }: { readonly explanation: Explanation; readonly request: NewRequest },
  { json }: { readonly json: boolean },
): void {
  if (json) return terminal.out(JSON.stringify(explanation))
  for (const { target, approval, maxDurationSeconds, policies } of explanation.targets) {
    const asked = formatDuration(request.durationSeconds)
    terminal.out(
      terminalText(`${target} for ${asked} (longest ${formatDuration(maxDurationSeconds)}): ${approvalText(approval)}`),
    )
    terminal.out(terminalText(`  decided by: ${policies.join(', ') || 'no policy allows it'}`))
  }
}
