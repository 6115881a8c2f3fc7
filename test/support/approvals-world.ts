import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Grant } from '../../src/contract/grant.ts'
import type { AccessRequest, NewRequest } from '../../src/contract/request.ts'
import { openSqliteStore } from '../../src/server/store/sqlite.ts'
import type { Store } from '../../src/server/store/types.ts'
import { approvalsOver, caller, demandWholeLog, FakePolicy, movableClock, wanted } from './approvals.ts'

/** Approvals over a database file of their own, with a policy and a time that the test can change. */
export type World = {
  readonly store: Store
  readonly clock: ReturnType<typeof movableClock>
  readonly policy: FakePolicy
  readonly approvals: ReturnType<typeof approvalsOver>
  /** Asks with a new idempotency key. */
  ask(over?: Partial<NewRequest>, who?: ReturnType<typeof caller>): Promise<AccessRequest>
  /** One more store on the same file, as a second process would open it. */
  replica(): Promise<Store>
  /** Demands a whole log, and leaves nothing behind. */
  close(): Promise<void>
}

export const [rob, ann, bob, cat, eve] = [caller('rob'), caller('ann'), caller('bob'), caller('cat'), caller('eve')]
/** May throw and lift stops. */
export const ada = caller('ada')

export async function openWorld(): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'jit-approvals-'))
  const path = join(directory, 'endpoint.db')
  const clock = movableClock()
  const policy = new FakePolicy()
  const store = await openSqliteStore(path, clock)
  const approvals = approvalsOver(store, policy, clock)
  let asked = 0
  return {
    store,
    clock,
    policy,
    approvals,
    ask: (over = {}, who = rob) => approvals.ask(who, wanted(over), `key-${++asked}`),
    replica: () => openSqliteStore(path, clock),
    close: async () => {
      await demandWholeLog(store)
      await store.close()
      rmSync(directory, { recursive: true })
    },
  }
}

export function grantOf({ grants }: AccessRequest): Grant {
  const [grant] = grants
  if (grant === undefined) throw new Error('The request has no grant.')
  return grant
}
