import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { defined } from '../../base/defined.ts'
import { errnoOf } from '../../base/errno.ts'
import type { ReceiptOutcome } from '../../contract/receipt.ts'
import type { LeaseDeps } from './deps.ts'
import type { Lease } from './types.ts'

/** Durable when it returns: a crash after it repeats the receipt and loses none. Throws where the disk takes nothing. */
export function queueReceipt(
  { outbox, clock, root }: Pick<LeaseDeps, 'outbox' | 'clock' | 'root'>,
  { id, endpoint, holder, target }: Lease,
  outcome: ReceiptOutcome,
  failure?: unknown,
): void {
  const why = failure === undefined ? {} : { why: kindOf(failure) }
  const machine = machineFor(root, endpoint)
  const whose = defined({ endpoint, holder })
  outbox.add({ kind: 'receipt', grant: id, ...whose, target, outcome, machine, at: clock.now(), ...why })
}

/** The state directory of a machine is called after it. Hashed with the endpoint, so that two of them cannot compare. */
const machineFor = (root: string, endpoint: string): string =>
  createHash('sha256')
    .update(`jit receipt ${basename(root)} ${endpoint}`)
    .digest('hex')
    .slice(0, 32)

/** `EACCES`, `FILE_REFUSED`: a message would name paths of this machine. */
const kindOf = (failure: unknown): string => errnoOf(failure) ?? 'unknown'
