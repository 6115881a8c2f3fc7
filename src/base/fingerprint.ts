import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import { FINGERPRINT_WORDS } from './fingerprint-words.ts'

const WORDS_SHOWN = 4

/** What requester and approver both look at. `jkt` is the thumbprint (RFC 7638) of the key that asked. */
export type Fingerprinted = {
  readonly requestId: string
  readonly jkt: string
  readonly targets: readonly string[]
  readonly durationSeconds: number
}

/**
 * Four words over request and key. The requester's terminal and the approver's card compute them apart, so that a request
 * slipped in by a phished login shows other words than the ones read out (T1). 32 bits: against a mix-up, not a secret.
 */
export function fingerprint({ requestId, jkt, targets, durationSeconds }: Fingerprinted): string {
  const told = canonicalJson({ requestId, jkt, targets, durationSeconds })
  const digest = createHash('sha256').update(told).digest()
  return [...digest.subarray(0, WORDS_SHOWN)].map((byte) => FINGERPRINT_WORDS[byte]).join('-')
}
