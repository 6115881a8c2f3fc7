import { defined } from '../base/defined.ts'
import { JitError } from '../base/errors.ts'
import type { Grant } from '../contract/grant.ts'
import type { AccessRequest } from '../contract/request.ts'
import type { DeliveryMode } from '../contract/target.ts'
import { type WaitState, waitForDecision } from './approval/wait.ts'
import { ask, type AskingDeps, type AskingProgress, comeBack, type Resumption } from './asking.ts'
import { type Asked, type DeliveryDeps, deliverAll, type LeaseGuide } from './delivery.ts'
import type { Leasing } from './leasing.ts'
import { isOfKey } from './own-words.ts'
import { killed } from './ended-grants.ts'
import { deliveryWish, type DeliveryWish, stillOpen } from './pending.ts'
import type { Wish } from './preflight.ts'

export type ElevationDeps = Omit<DeliveryDeps, 'api' | 'leasing'> &
  Omit<AskingDeps, 'leasing' | 'tell'> & {
    readonly leasing: Pick<Leasing, 'check' | 'list' | 'write' | 'wipe' | 'outbox' | 'guide'>
    readonly tell: (progress: Progress) => void
  }

export type Progress =
  | AskingProgress
  | { readonly kind: 'approved' | 'scheduled'; readonly request: AccessRequest }
  | { readonly kind: 'waiting'; readonly state: WaitState }
  | { readonly kind: 'delivering'; readonly request: AccessRequest }

export type Order = {
  readonly ask: Wish | Resumption
  /** How long to wait for the decision and the start, in ms; 0 doesn't wait at all. */
  readonly waitMs: number
  /** What is delivered ends with the program that it is asked for; see `Lease.usedBy`. */
  readonly forProgram?: boolean
}
export type Elevation =
  | { readonly kind: 'delivered'; readonly request: AccessRequest; readonly delivered: readonly LeaseGuide[] }
  | { readonly kind: 'pending' | 'scheduled'; readonly request: AccessRequest }

/** A laptop may sleep meanwhile, so no nap is long. */
const LONGEST_NAP_MS = 15_000
const SHORTEST_NAP_MS = 500

/** Check here, ask, wait for the decision and the start, deliver. Interrupted while it waits, the request stays open. */
export async function elevate(deps: ElevationDeps, order: Order): Promise<Elevation> {
  const asked = 'resume' in order.ask ? await comeBack(deps, order.ask) : await ask(deps, order.ask)
  const whose: Asked = { asker: deps.login(), isOwn: isOfKey(asked, deps.api.jkt) } // as the call that was just answered found it
  const patience = patienceOf(deps, order.waitMs)
  try {
    const decided = await decision(deps, asked, patience.signal)
    if (decided.state === 'pending') return { kind: 'pending', request: decided }
    refuseUnapproved(deps, decided)
    const grants = await started(deps, decided, patience.signal)
    return grants === undefined
      ? { kind: 'scheduled', request: decided }
      : await deliver(deps, decided, grants, { ...order, ...whose })
  } finally {
    patience.end()
  }
}

async function deliver(
  deps: ElevationDeps,
  request: AccessRequest,
  grants: readonly Grant[],
  { ask: typed, forProgram, isOwn, asker }: { readonly ask: DeliveryWish } & Asked & Pick<Order, 'forProgram'>,
): Promise<Elevation> {
  const remembered = deps.pending.list().find(({ id }) => id === request.id)
  const wish = { ...deliveryWish(remembered ?? {}), ...deliveryWish(typed) }
  refuseOver(deps, request, grants)
  refuseOtherMode(grants, wish.deliver)
  deps.tell({ kind: 'delivering', request })
  try {
    const leases = await deliverAll(deps, grants, {
      ...wish,
      ...defined({ forProgram }),
      isOwn,
      asker,
    })
    return {
      kind: 'delivered',
      request,
      delivered: leases.map((lease) => ({ lease, guides: deps.leasing.guide(lease) })),
    }
  } catch (error) {
    if (deps.signal.aborted)
      throw stillOpen(
        request.id,
        `Interrupted: nothing was left on this machine. Request ${request.id} stays approved.`,
        'INTERRUPTED',
      )
    throw error
  } finally {
    if (!deps.signal.aborted) deps.pending.forget(request.id)
  }
}

async function decision(deps: ElevationDeps, request: AccessRequest, signal: AbortSignal): Promise<AccessRequest> {
  if (request.state !== 'pending' || signal.aborted) return request
  deps.tell({ kind: 'waiting', state: { connected: true, request } })
  try {
    const onState = (state: WaitState): void => deps.tell({ kind: 'waiting', state: withWords(state, request) })
    const decided = await waitForDecision(deps.api, request.id, { clock: deps.clock, onState, signal })
    if (decided.state === 'approved') deps.tell({ kind: 'approved', request: decided })
    return decided
  } catch (error) {
    if (deps.signal.aborted)
      throw stillOpen(request.id, `Stopped waiting. Request ${request.id} stays open.`, 'INTERRUPTED')
    if (signal.aborted) return request
    throw error
  }
}

/** The words were checked when the request was made or come back to; what later answers say of them is not shown. */
const withWords = (state: WaitState, { fingerprint }: AccessRequest): WaitState =>
  state.connected ? { ...state, request: { ...state.request, fingerprint } } : state

function refuseUnapproved({ pending }: ElevationDeps, request: AccessRequest): void {
  const { id, state, decision } = request
  if (state === 'approved') return
  pending.forget(id)
  if (state === 'denied') {
    const who = decision?.by === 'people' ? decision.people.map(({ name }) => name).join(', ') : 'Policy'
    const why = decision?.reason === undefined ? '' : `: ${decision.reason}`
    throw new JitError(
      'DENIED',
      `${who || 'An approver'} denied request ${id}${why}`,
      'See what decides: jit elevate TARGET --explain',
    )
  }
  if (state === 'cancelled' && decision !== undefined) throw stoppedByOthers(id, decision)
  const sentence = state === 'expired' ? `Nobody decided request ${id} in time.` : `Request ${id} was cancelled.`
  throw new JitError('NO_DECISION', sentence, 'Ask again: jit elevate TARGET --reason TEXT')
}

/** Whoever cancels his own request decides nothing: a decision is that of an administrator who threw a stop. */
function stoppedByOthers(id: string, { people, reason }: NonNullable<AccessRequest['decision']>): JitError {
  const who = people.map(({ name }) => name).join(', ') || 'An administrator'
  const why = reason === undefined ? '.' : `: ${reason}`
  return new JitError(
    'NO_DECISION',
    `${who} cancelled request ${id}${why}`,
    'Until that is lifted, asking again is refused.',
  )
}

/** The grants, once they have started; `undefined` where patience ends before. Waits by the endpoint's word, as clocks differ. */
async function started(
  deps: ElevationDeps,
  request: AccessRequest,
  signal: AbortSignal,
): Promise<readonly Grant[] | undefined> {
  const { clock, api } = deps
  let { grants } = request
  for (let told = false; grants.some(({ state }) => state === 'scheduled'); told = true) {
    if (deps.signal.aborted)
      throw stillOpen(request.id, `Stopped waiting. Request ${request.id} is approved and starts later.`, 'INTERRUPTED')
    if (signal.aborted) return undefined
    if (!told) deps.tell({ kind: 'scheduled', request })
    const startsAt = Math.max(...grants.map((grant) => Date.parse(grant.startsAt))) + api.clockOffsetMs()
    await clock.sleep(Math.min(LONGEST_NAP_MS, Math.max(SHORTEST_NAP_MS, startsAt - clock.now())), signal)
    if (!signal.aborted && clock.now() >= startsAt) ({ grants } = await api.request(request.id, 0, signal))
  }
  return grants
}

function refuseOver({ pending }: ElevationDeps, { id, targets }: AccessRequest, grants: readonly Grant[]): void {
  const ended = grants.find(({ state }) => state === 'ended')
  if (ended === undefined && grants.length > 0) return
  pending.forget(id)
  if (ended?.endReason === 'killed') throw killed(ended.target)
  throw new JitError(
    'GRANT_ENDED',
    `The grant for ${ended?.target ?? targets.join(', ')} is over (${ended?.endReason ?? 'no grant was given'}).`,
    'Ask again: jit elevate TARGET --reason TEXT',
  )
}

/** Who asked for `isolated` shall not find his own files changed because somebody's answer says otherwise. */
function refuseOtherMode(grants: readonly Grant[], asked: DeliveryMode | undefined): void {
  const other = grants.find(({ deliver = 'files' }) => asked !== undefined && deliver !== asked)
  if (other === undefined) return
  throw new JitError(
    'ENDPOINT_INVALID',
    `The endpoint would have ${other.target} delivered as ${other.deliver ?? 'files'}; asked for was ${asked}.`,
    'Nothing was written. Show this to whoever runs the endpoint.',
  )
}

/** Aborts when the user interrupts or has waited long enough; `end` frees the timer. */
function patienceOf({ clock, signal }: ElevationDeps, waitMs: number): { signal: AbortSignal; end: () => void } {
  const [over, ended] = [new AbortController(), new AbortController()]
  if (waitMs === 0) over.abort()
  else if (Number.isFinite(waitMs)) void clock.sleep(waitMs, ended.signal).then(() => over.abort())
  return { signal: AbortSignal.any([signal, over.signal]), end: () => ended.abort() }
}
