import { formatDuration } from '../base/duration.ts'
import { JitError } from '../base/errors.ts'
import type { Target } from '../contract/target.ts'
import { elevate, type Elevation, type ElevationDeps, type Progress } from './elevation.ts'
import { isOver, untilEndMs } from './leases/expiry.ts'
import type { Lease } from './leases/types.ts'
import { liveLease, type LiveLeases, refuseForeign } from './live-lease.ts'
import type { Wish } from './preflight.ts'

/** `reason` and `ticket` absent: those of the request behind the running grant. */
export type ExtensionOrder = {
  readonly target: string
  readonly bySeconds: number
  readonly reason?: string
  readonly ticket?: string
  /** See `Order.waitMs`. */
  readonly waitMs: number
}

export type ExtensionDeps = Omit<ElevationDeps, 'tell'> &
  Pick<LiveLeases, 'within'> & {
    readonly tell: (progress: ExtensionProgress) => void
    /** Asks for a reason where neither the order nor the endpoint knows one; rejects where nobody can be asked. */
    readonly askReason: () => Promise<string>
  }

export type ExtensionProgress =
  | Progress
  | { readonly kind: 'extends'; readonly plan: ExtensionPlan }
  /** The old grant ended before the new one was there. */
  | { readonly kind: 'lapsed'; readonly lease: Lease }

export type ExtensionPlan = {
  readonly lease: Lease
  readonly wantedSeconds: number
  /** How much longer it becomes, were it approved at once: less than wanted where the target's longest is in the way. */
  readonly bySeconds: number
  /** What is asked for: the time that the running grant has left, and what is added. */
  readonly durationSeconds: number
  readonly longestSeconds: number
}

export type Extension = {
  readonly result: Elevation
  readonly plan: ExtensionPlan
  /** Whether the new grant took the place of the old one while that lived. */
  readonly seamless: boolean
}

/** Less is not worth another decision. */
const LEAST_GAIN_SECONDS = 60

/**
 * A new grant for the same target, asked for and decided while the old one lives, then put in its place in one step: no moment is
 * without credentials. It starts at its decision, so who waits long gets as much more. The old grant is ended at the endpoint.
 */
export async function extend(deps: ExtensionDeps, order: ExtensionOrder): Promise<Extension> {
  const lease = liveLease(order.target, { leases: () => deps.leasing.list(), ...deps })
  refuseForeign(deps.login(), lease)
  const target = (await deps.api.targets(deps.signal)).find(({ name }) => name === lease.target)
  const plan = planOf(deps, lease, target, order.bySeconds)
  const wish = await wishOf(deps, plan, target, order)
  deps.tell({ kind: 'extends', plan })
  const isThere = (): boolean => deps.leasing.list().some(({ id, state }) => id === lease.id && state === 'active')
  let seamless = true
  const tell = (progress: Progress): void => {
    if (progress.kind === 'replaces' && progress.lease.id === lease.id) return // that is what was asked for
    if (progress.kind === 'delivering') {
      seamless = isThere() && !isOver(lease, deps.clock)
      if (!seamless) deps.tell({ kind: 'lapsed', lease })
    }
    deps.tell(progress)
  }
  return { result: await elevate({ ...deps, tell }, { ask: wish, waitMs: order.waitMs }), plan, seamless }
}

function planOf(deps: ExtensionDeps, lease: Lease, target: Target | undefined, wantedSeconds: number): ExtensionPlan {
  const leftSeconds = Math.max(0, Math.ceil(untilEndMs(lease, deps.clock) / 1000))
  const isPossible = target !== undefined && target.approval.kind !== 'refused' // else the endpoint says why not
  const longestSeconds = isPossible ? target.maxDurationSeconds : Number.POSITIVE_INFINITY
  const durationSeconds = Math.min(leftSeconds + wantedSeconds, longestSeconds)
  const bySeconds = durationSeconds - leftSeconds
  if (bySeconds < Math.min(LEAST_GAIN_SECONDS, wantedSeconds))
    throw new JitError(
      'DENIED',
      `${lease.target} is given for ${formatDuration(longestSeconds)} at most, and ${formatDuration(leftSeconds)} are left: it cannot become longer yet.`,
      `Later: jit extend ${lease.target} --for ${formatDuration(wantedSeconds).replaceAll(' ', '')}`,
    )
  return { lease, wantedSeconds, bySeconds, durationSeconds, longestSeconds }
}

async function wishOf(
  deps: ExtensionDeps,
  { lease, wantedSeconds, durationSeconds }: ExtensionPlan,
  target: Target | undefined,
  order: ExtensionOrder,
): Promise<Wish> {
  const before = order.reason === undefined || order.ticket === undefined ? await requestBehind(deps, lease) : undefined
  const ticket = order.ticket ?? before?.ticket
  return {
    targets: [lease.target],
    durationSeconds,
    reason: order.reason ?? before?.reason ?? (await deps.askReason()),
    ...(ticket === undefined ? {} : { ticket }),
    deliver: target?.deliver ?? lease.deliver, // policy may demand another one since
    asDefault: lease.entries.some(({ asDefault }) => asDefault),
    extends: { grant: lease.id, bySeconds: wantedSeconds },
  }
}

const requestBehind = async ({ api, signal }: ExtensionDeps, { id }: Lease) =>
  (await api.requests('mine', signal)).find(({ grants }) => grants.some((grant) => grant.id === id))
