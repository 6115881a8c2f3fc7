import { join } from 'node:path'
import { END_REASONS } from '../../contract/grant.ts'
import { integer, object, oneOf, type Reader, string } from '../../contract/narrow.ts'
import type { FileSystem } from '../../platform/files.ts'
import { recordsIn } from '../../platform/records.ts'
import type { Outbox, OutboxEntry } from './types.ts'

const readEntry: Reader<OutboxEntry> = object({
  grant: string,
  endpoint: string,
  target: string,
  reason: oneOf(...END_REASONS),
  at: integer,
})

/** One file per message, without a secret. A torn one is none: the grant then ends by its own time, as the endpoint knows. */
export function outboxIn(fs: FileSystem, root: string): Outbox {
  const records = recordsIn(fs, join(root, 'outbox'), readEntry)
  return {
    list: () => records.all().documents.toSorted((a, b) => a.at - b.at),
    add: (entry) => records.put(entry.grant, entry),
    remove: (grant) => records.remove(grant),
  }
}
