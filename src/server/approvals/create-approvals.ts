import type { ConfiguredTarget } from '../config/types.ts'
import { approve } from './approve.ts'
import { ask, explain } from './ask.ts'
import { cancel, deny } from './deny.ts'
import type { Deps } from './deps.ts'
import { end } from './end.ts'
import { issue } from './issue.ts'
import { get, list, wait } from './read.ts'
import { sweep, type Swept } from './sweep.ts'
import type { Approvals } from './types.ts'
import { createWatch } from './watch.ts'

export type ApprovalsOptions = Omit<Deps, 'watch' | 'targets'> & { readonly targets: readonly ConfiguredTarget[] }

/** The life of requests and grants over one store, and its housekeeping: call `sweep` every minute or so. */
export function createApprovals({ targets, ...rest }: ApprovalsOptions): Approvals & { sweep(): Promise<Swept> } {
  const deps: Deps = {
    ...rest,
    targets: new Map(targets.map((target) => [target.name, target])),
    watch: createWatch(rest.store, rest.clock),
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
    sweep: () => sweep(deps),
  }
}
