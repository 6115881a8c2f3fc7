import { JitError } from '../base/errors.ts'
import { identifier } from '../base/identifier.ts'
import type { AccessRequest, NewRequest } from '../contract/request.ts'
import type { Clock } from '../platform/clock.ts'
import { HttpError } from '../platform/http.ts'
import type { Random } from '../platform/random.ts'
import type { Connection } from './connection.ts'
import { sharesProfile } from './leases/shares-profile.ts'
import type { Lease } from './leases/types.ts'
import type { Leasing } from './leasing.ts'
import { isOfKey, refuseOtherKey, refuseOtherWords } from './own-words.ts'
import { type DeliveryWish, type PendingRequests, sameRequest } from './pending.ts'
import { intentsOf, preflight, type Wish, wishOfJob } from './preflight.ts'

export type AskingDeps = Connection & {
  readonly leasing: Pick<Leasing, 'check' | 'list'>
  readonly pending: PendingRequests
  readonly random: Random
  /** The login is a job's: nobody is there to compare words, and what one job asked for another job of its run may fetch. */
  readonly isPipeline?: boolean
  /** What this machine calls itself; approvers see it. */
  readonly host: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly tell: (progress: AskingProgress) => void
}

export type AskingProgress =
  | { readonly kind: 'replaces'; readonly lease: Lease }
  | { readonly kind: 'clock'; readonly offsetMs: number }
  | { readonly kind: 'asked' | 'resumed'; readonly request: AccessRequest }

const SHORTEST_WAIT_SECONDS = 1
/** AWS refuses calls signed more than 5 minutes off. */
const NOTEWORTHY_SKEW_MS = 4 * 60_000

/** Asks, unless the very same is open already. What this machine can know beforehand is refused before anyone is asked. */
export async function ask(deps: AskingDeps, wished: Wish): Promise<AccessRequest> {
  const offered = await deps.api.targets(deps.signal)
  const wish = deps.isPipeline === true ? wishOfJob(wished, offered) : wished
  const { request, targets } = await preflight(wish, offered, deps.leasing, deps.host)
  const offsetMs = deps.api.clockOffsetMs()
  if (Math.abs(offsetMs) > NOTEWORTHY_SKEW_MS) deps.tell({ kind: 'clock', offsetMs })
  const access = targets.flatMap((target) => target.access)
  for (const lease of deps.leasing.list())
    if (sharesProfile(lease.entries, access)) deps.tell({ kind: 'replaces', lease })

  const same = { ...request, ...(wish.extends && { extends: wish.extends }) }
  const open = sameRequest(deps.pending.list(), same, deps.login().endpoint, deps.clock.now())
  const resumed = open === undefined ? undefined : await stillUndecided(deps, open.id)
  if (resumed !== undefined) return remember(deps, resumed, 'resumed', wish)
  const asked = await askOnce(deps, request)
  refuseOtherWords(asked, request, deps.api.jkt)
  return remember(deps, asked, 'asked', wish)
}

/** A request that was made before, and how it shall be delivered here. */
export type Resumption = { readonly resume: string; readonly asDefault?: boolean }

/** Comes back to a request. The files may have changed since it was made: refused before credentials are fetched. */
export async function comeBack(deps: AskingDeps, { resume: id, ...wish }: Resumption): Promise<AccessRequest> {
  const { api, leasing, signal } = deps
  const before = deps.pending.list().find((each) => each.id === id)
  const asDefault = wish.asDefault ?? before?.asDefault ?? false
  // Of a pipeline, the endpoint knows which jobs belong together, and refuses the wait of any other; to look is refused to none.
  const request = await api.request(id, deps.isPipeline === true ? SHORTEST_WAIT_SECONDS : 0, signal)
  if (deps.isPipeline !== true) refuseOtherKey(request, api.jkt)
  for (const { target: name, deliver } of request.grants) {
    const target = (await api.targets(signal)).find((each) => each.name === name)
    if (target !== undefined) await leasing.check(intentsOf(target, { asDefault, ...(deliver && { deliver }) }))
  }
  return remember(deps, request, 'resumed', { ...before, ...wish })
}

/** What another run of this pipeline asked on the same machine is of another key: this one asks for itself then. */
async function stillUndecided({ api, pending, signal }: AskingDeps, id: string): Promise<AccessRequest | undefined> {
  const request = await api.request(id, 0, signal).catch((error: unknown) => {
    if (error instanceof JitError && error.code === 'NOT_FOUND') return undefined
    throw error
  })
  if (request !== undefined && isOfKey(request, api.jkt) && isAlive(request)) return request
  pending.forget(id)
  return undefined
}

const isAlive = ({ state, grants }: AccessRequest): boolean =>
  state === 'pending' || grants.some((grant) => grant.state !== 'ended')

/** Repeated under the same key after a lost answer, so that the endpoint returns the first request. */
async function askOnce({ api, random, signal }: AskingDeps, request: NewRequest): Promise<AccessRequest> {
  const key = identifier('idem', random.bytes(16))
  try {
    return await api.ask(request, key, signal)
  } catch (error) {
    if (!isLostAnswer(error)) throw error
    return api.ask(request, key, signal)
  }
}

const isLostAnswer = (error: unknown): boolean =>
  error instanceof JitError && error.cause instanceof HttpError && ['reset', 'timeout'].includes(error.cause.failure)

function remember(
  deps: AskingDeps,
  request: AccessRequest,
  kind: 'asked' | 'resumed',
  wish: DeliveryWish,
): AccessRequest {
  const { api, login, pending } = deps
  if (request.state === 'pending' || request.startsAt !== undefined)
    pending.remember(request, { endpoint: login().endpoint, clockOffsetMs: api.clockOffsetMs(), wish })
  deps.tell({ kind, request })
  return request
}
