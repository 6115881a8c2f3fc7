import { type ErrorCode, JitError } from '../../base/errors.ts'
import { type AccessRequest, LONGEST_WAIT_SECONDS } from '../../contract/request.ts'
import type { Clock } from '../../platform/clock.ts'
import type { ApprovalApi } from './types.ts'

/** How the wait stands. `since` (ms since 1970): the first of the failures in a row. `why` is a sentence for people. */
export type WaitState =
  | { readonly connected: true; readonly request: AccessRequest }
  | { readonly connected: false; readonly since: number; readonly why: string }

type Deps = {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onState: (state: WaitState) => void
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 15_000
/** Failures that pass by themselves: a restart, a broken network, a page of somebody in between. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'ENDPOINT_UNREACHABLE',
  'ENDPOINT_INVALID',
  'ENDPOINT_REFUSED',
  'IDP_UNREACHABLE',
  'LOCKED',
])

/**
 * Resolves as soon as the request is no longer pending, however often the endpoint restarts or the network breaks meanwhile.
 * `INTERRUPTED` when aborted, `NO_DECISION` when the time to decide is over and the endpoint cannot be asked any more.
 * The request stays as it is in either case.
 */
export async function waitForDecision(
  api: Pick<ApprovalApi, 'request' | 'clockOffsetMs'>,
  id: string,
  deps: Deps,
): Promise<AccessRequest> {
  const { clock, signal, onState } = deps
  let expiresAt = Number.POSITIVE_INFINITY
  let broken: { readonly since: number; readonly failures: number } | undefined
  let emptyPolls = 0
  while (!signal.aborted) {
    const started = clock.now()
    try {
      const request = await api.request(id, broken === undefined ? LONGEST_WAIT_SECONDS : 0, signal)
      if (request.state !== 'pending') return request
      expiresAt = Date.parse(request.expiresAt) + api.clockOffsetMs()
      onState({ connected: true, request })
      broken = undefined
      // An endpoint (or proxy) that does not hold the poll is not asked in a tight loop.
      emptyPolls = clock.now() - started < FIRST_PAUSE_MS ? emptyPolls + 1 : 0
      if (emptyPolls > 1) await clock.sleep(pause(emptyPolls), signal)
    } catch (error) {
      if (signal.aborted) break
      if (!(error instanceof JitError && PASSING.has(error.code))) throw error
      if (clock.now() > expiresAt) throw undecided(id, error)
      broken = { since: broken?.since ?? started, failures: (broken?.failures ?? 0) + 1 }
      onState({ connected: false, since: broken.since, why: error.message })
      await clock.sleep(pause(broken.failures), signal)
    }
  }
  throw interrupted(id)
}

const pause = (failures: number): number => Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS)

const interrupted = (id: string): JitError =>
  new JitError(
    'INTERRUPTED',
    `Stopped waiting. The request ${id} is still pending.`,
    'To see how it stands: jit requests',
  )

const undecided = (id: string, cause: unknown): JitError =>
  new JitError(
    'NO_DECISION',
    `The time to decide on ${id} is over, and the endpoint cannot be asked what became of it.`,
    'Later: jit requests',
    { cause },
  )
