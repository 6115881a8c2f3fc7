import { formatDuration } from '../../base/duration.ts'
import { terminalText } from '../../base/terminal-text.ts'
import type { Extension, ExtensionPlan, ExtensionProgress } from '../../client/extension.ts'
import type { CliContext } from '../context.ts'
import { grantJson, outGranted, progressTo, roughly, usage } from './elevate-text.ts'
import { timeOfDay } from './time.ts'

/** The same as of an elevation, and what is peculiar to a longer grant. */
export function extensionProgressTo(ctx: CliContext) {
  const { tell, stop } = progressTo(ctx)
  return {
    stop,
    tell: (progress: ExtensionProgress): void => {
      if (progress.kind !== 'extends' && progress.kind !== 'lapsed') return tell(progress)
      stop()
      if (progress.kind === 'extends') return ctx.terminal.note(planText(ctx, progress.plan))
      ctx.terminal.note(
        `The grant for ${terminalText(progress.lease.target)} ended before the new one was there. What comes now is a new grant.`,
      )
    },
  }
}

function planText({ clock }: CliContext, plan: ExtensionPlan): string {
  const { lease, bySeconds, wantedSeconds, durationSeconds, longestSeconds } = plan
  const ends = timeOfDay(lease.endsAt, clock.now())
  const until = timeOfDay(clock.now() + durationSeconds * 1000, clock.now())
  const limit =
    bySeconds < wantedSeconds
      ? ` Not the ${formatDuration(wantedSeconds)} that you said: it is given for ${formatDuration(longestSeconds)} at a time.`
      : ''
  return terminalText(
    `${lease.target} ends at ${ends}. Asking for ${formatDuration(bySeconds)} more, until ${until}.${limit}`,
  )
}

type Delivered = Extension & { readonly result: Extract<Extension['result'], { readonly kind: 'delivered' }> }

export const isDelivered = (extension: Extension): extension is Delivered => extension.result.kind === 'delivered'

/** Until when it is now, and how much longer that is; how to use it only where clients cannot go on as they were. */
export function printExtended(
  ctx: CliContext,
  { result, plan, seamless }: Delivered,
  { json }: { readonly json: boolean },
): void {
  const { terminal, clock } = ctx
  const before = { grant: plan.lease.id, endsAt: new Date(plan.lease.endsAt).toISOString() }
  if (json)
    outGranted(ctx, result.delivered, {
      request: result.request.id,
      grants: result.delivered.map(grantJson),
      before,
      seamless,
    })
  if (!seamless) {
    for (const each of result.delivered) for (const line of usage(ctx, each)) terminal.note(line)
    return
  }
  const { good, strong } = terminal.paint.note
  for (const { lease } of result.delivered) {
    const longer = roughly((lease.endsAt - plan.lease.endsAt) / 1000)
    const ends = strong(timeOfDay(lease.endsAt, clock.now()))
    const target = terminalText(lease.target)
    terminal.note(`${good(target)} is yours until ${ends}, ${longer} longer. What uses it goes on.`)
    if (lease.entries.some(({ deliver }) => deliver === 'isolated'))
      terminal.note(`Its private directory is a new one. In shells that had read jit env: eval "$(jit env ${target})"`)
  }
}
