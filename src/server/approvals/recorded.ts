import type { AuditEvent } from '../audit/types.ts'
import type { Refusal } from '../refusal.ts'
import type { Transaction } from '../store/types.ts'
import type { Deps } from './deps.ts'

/** Thrown inside {@link recorded}: nothing of the transaction stays, but the log tells of the attempt. */
export class RecordedRefusal extends Error {
  readonly refusal: Refusal
  readonly event: AuditEvent
  constructor(refusal: Refusal, event: AuditEvent) {
    super(refusal.message)
    this.refusal = refusal
    this.event = event
  }
}

/** A transaction whose {@link RecordedRefusal}s get a leaf of their own, durable before the caller hears the refusal. */
export async function recorded<T>(
  { store, audit }: Pick<Deps, 'store' | 'audit'>,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  try {
    return await store.transaction(work)
  } catch (error) {
    if (!(error instanceof RecordedRefusal)) throw error
    await store.transaction(async (tx) => audit.append(tx, await tx.now(), [error.event]))
    throw error.refusal
  }
}
