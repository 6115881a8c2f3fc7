import { join } from 'node:path'
import { END_REASONS } from '../../contract/grant.ts'
import { integer, object, oneOf, type Reader, record, string } from '../../contract/narrow.ts'
import { RECEIPT_OUTCOMES } from '../../contract/receipt.ts'
import type { FileSystem } from '../../platform/files.ts'
import { recordsIn } from '../../platform/records.ts'
import type { EndMessage, Outbox, OutboxEntry, ReceiptMessage } from './types.ts'

const common = { grant: string, endpoint: string, target: string, at: integer } as const
const readEnd = object({ ...common, reason: oneOf(...END_REASONS) }, { holder: string })
const readReceipt = object(
  { ...common, outcome: oneOf(...RECEIPT_OUTCOMES), machine: string },
  { holder: string, why: string },
)

/** Ends were the only messages once, and said no kind. */
const readMessage: Reader<OutboxEntry> = (value, path) => {
  const { kind } = record(value, path)
  if (kind === 'receipt') return { kind, ...readReceipt(value, path) } satisfies ReceiptMessage
  return { kind: 'end', ...readEnd(value, path) } satisfies EndMessage
}

/** One file per message, without a secret. A torn one is none: the grant then ends by its own time, as the endpoint knows. */
export function outboxIn(fs: FileSystem, root: string): Outbox {
  const records = recordsIn(fs, join(root, 'outbox'), readMessage)
  return {
    list: () => records.all().documents.toSorted((a, b) => a.at - b.at),
    add: (message) => records.put(nameOf(message), message),
    remove: (message) => records.remove(nameOf(message)),
  }
}

/** `stuck` has a name of its own: what is removed when it was told must never be the `wiped` that came meanwhile. */
const nameOf = (message: OutboxEntry): string =>
  message.kind === 'end' ? message.grant : `${message.grant}_${message.outcome}`
