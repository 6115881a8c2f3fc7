import type { Format } from '../formats/types.ts'
import type { Delivery, FileContent } from './types.ts'

/** A file of the lease's own, in which its entry is the only one. */
export function entryAlone(
  format: Format,
  { lease, profile, endsAt }: Delivery,
  { content, secrets }: FileContent,
): FileContent {
  const entry = { lease, profile, expiresAt: Math.ceil(endsAt / 1000), content }
  return { content: format.insert(Buffer.alloc(0), entry).toString(), secrets }
}
