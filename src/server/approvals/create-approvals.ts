import type { ConfiguredTarget, Pipeline } from '../config/types.ts'
import { approve } from './approve.ts'
import { ask, explain } from './ask.ts'
import { cancel, deny } from './deny.ts'
import { channel } from './channel.ts'
import type { Deps } from './deps.ts'
import { createEndWatch } from './end-watch.ts'
import { end } from './end.ts'
import { issue } from './issue.ts'
import { liftStop, listStops } from './lift-stop.ts'
import { endWhatPolicyNoLongerGives } from './policy-change.ts'
import { get, list, wait } from './read.ts'
import { receive } from './receipt.ts'
import { sweep, type Swept } from './sweep.ts'
import { throwStop } from './throw-stop.ts'
import type { Approvals } from './types.ts'
import { createWatch } from './watch.ts'

export type ApprovalsOptions = Omit<Deps, 'watch' | 'ends' | 'targets' | 'pipelines'> & {
  readonly targets: readonly ConfiguredTarget[]
  readonly pipelines: readonly Pick<Pipeline, 'name'>[]
}

/** What nobody calls for. */
export interface Housekeeping {
  /** Call it every minute or so. */
  sweep(): Promise<Swept>
  /** Call it once at the start: policy or targets may have changed. Returns how many grants ended by it. */
  endWhatPolicyNoLongerGives(): Promise<number>
}

/** The life of requests and grants over one store, and its housekeeping. */
export function createApprovals({ targets, pipelines, ...rest }: ApprovalsOptions): Approvals & Housekeeping {
  const deps: Deps = {
    ...rest,
    targets: new Map(targets.map((target) => [target.name, target])),
    pipelines: new Set(pipelines.map(({ name }) => name)),
    watch: createWatch(rest.store, rest.clock),
    ends: createEndWatch(rest.store, rest.clock),
  }
  return {
    explain: (caller, request) => explain(deps, caller, request),
    ask: (caller, request, key) => ask(deps, caller, request, key),
    get: (caller, id) => get(deps, caller, id),
    wait: (caller, id, ms, signal) => wait(deps, caller, id, ms, signal),
    list: (caller, which) => list(deps, caller, which),
    approve: (caller, id) => approve(deps, caller, id),
    deny: (caller, id, reason) => deny(deps, caller, id, reason),
    cancel: (caller, id) => cancel(deps, caller, id),
    issue: (caller, grantId) => issue(deps, caller, grantId),
    end: (caller, grantId, reason) => end(deps, caller, grantId, reason),
    channel: (caller, call, signal) => channel(deps, caller, call, signal),
    receive: (caller, grantId, receipt) => receive(deps, caller, grantId, receipt),
    throwStop: (caller, call) => throwStop(deps, caller, call),
    listStops: (caller) => listStops(deps, caller),
    liftStop: (caller, id) => liftStop(deps, caller, id),
    sweep: () => sweep(deps),
    endWhatPolicyNoLongerGives: () => endWhatPolicyNoLongerGives(deps),
  }
}
