import { type AccessRequest, LONGEST_WAIT_SECONDS } from '../../contract/request.ts'
import type { RequestRow } from '../store/types.ts'
import type { Deps } from './deps.ts'
import { approvableBy } from './judgement.ts'
import { fromRow, type RequestRecord, samePerson } from './record.ts'
import { noSuchRequest } from './refusals.ts'
import { mayCollect, notCollectedHere } from './same-asker.ts'
import type { Caller } from './types.ts'
import { viewRow, viewRows } from './view.ts'

const MOST_LISTED = 100
/** Pending requests looked through for those that the caller may approve. */
const MOST_SEARCHED = 1_000

export async function get(deps: Deps, caller: Caller, id: string): Promise<AccessRequest> {
  return viewRow(deps, deps.store, await seen(deps, caller, id))
}

async function seen(deps: Deps, caller: Caller, id: string): Promise<RequestRow> {
  const row = await deps.store.request(id)
  if (row === undefined || !(await maySee(deps, caller, row))) throw noSuchRequest()
  return row
}

/** Its requester, whoever may approve it, and whoever did. */
async function maySee(deps: Deps, caller: Caller, row: RequestRow): Promise<boolean> {
  const record = fromRow(row)
  if (samePerson(caller.person, record.asked.caller.person)) return true
  if (approvableBy(deps, caller, record, await deps.store.now()).targets.length > 0) return true
  const approvals = await deps.store.approvals([row.id])
  return [...approvals, ...(record.decision?.people ?? [])].some((person) => samePerson(person, caller.person))
}

/**
 * Stands in line before it looks, so that a decision in between is not missed; where there is no room it does not wait. A job
 * that waits means to collect: what another run asked for it would wait for in vain.
 */
export async function wait(
  deps: Deps,
  caller: Caller,
  id: string,
  waitMs: number,
  signal: AbortSignal,
): Promise<AccessRequest> {
  const look = async (): Promise<AccessRequest> => {
    const row = await seen(deps, caller, id)
    refuseOtherRun(caller, fromRow(row))
    return viewRow(deps, deps.store, row)
  }
  const waiter = waitMs > 0 ? deps.watch.join(id, caller.person) : undefined
  try {
    const found = await look()
    if (found.state !== 'pending' || waiter === undefined || signal.aborted) return found
    await waiter.news(Math.min(waitMs, LONGEST_WAIT_SECONDS * 1000), signal)
  } finally {
    waiter?.leave()
  }
  return look()
}

function refuseOtherRun(caller: Caller, { id, asked }: RequestRecord): void {
  if (caller.workload !== undefined && !mayCollect(caller, asked.caller)) throw notCollectedHere(id, asked.targets)
}

export async function list(deps: Deps, caller: Caller, which: 'mine' | 'to-review'): Promise<readonly AccessRequest[]> {
  const { store } = deps
  return viewRows(
    deps,
    store,
    which === 'mine' ? await store.requestsBy(caller.person, MOST_LISTED) : await toReview(deps, caller),
  )
}

async function toReview(deps: Deps, caller: Caller): Promise<readonly RequestRow[]> {
  const now = await deps.store.now()
  const found: RequestRow[] = []
  let last: RequestRow | undefined
  for (let searched = 0; searched < MOST_SEARCHED; searched += MOST_LISTED) {
    const page = await deps.store.undecided(MOST_LISTED, last)
    found.push(...page.filter((row) => approvableBy(deps, caller, fromRow(row), now).targets.length > 0))
    last = page.at(-1)
    if (page.length < MOST_LISTED || found.length >= MOST_LISTED) break
  }
  return found.slice(0, MOST_LISTED)
}
