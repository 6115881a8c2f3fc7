import { defined } from '../../base/defined.ts'
import { Refusal } from '../refusal.ts'
import type { StopRow } from '../store/types.ts'
import { actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { recorded, RecordedRefusal } from './recorded.ts'
import type { Caller } from './types.ts'

/** Refuses whoever may not throw or lift a stop of that scope; the log tells of the attempt. */
export async function demandAdministrator(
  deps: Deps,
  caller: Caller,
  { scope, value }: Pick<StopRow, 'scope' | 'value'>,
  reason: string,
): Promise<{ readonly policies: readonly string[] }> {
  const { allowed, policies, why } = deps.policy.mayAdminister(caller, { scope, reason, nowMs: await deps.store.now() })
  if (allowed) return { policies }
  const said = ['Policy does not let you throw or lift the kill switch.', ...why].join(' ')
  return recorded(deps, () => {
    throw new RecordedRefusal(
      new Refusal('denied', said, 'It takes a policy that permits the action administer.'),
      defined({
        kind: 'stop.refused' as const,
        scope,
        value: value ?? undefined,
        by: actor(caller),
        why: said,
        policy: deps.policy.hash,
        policies,
      }),
    )
  })
}
