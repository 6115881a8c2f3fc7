import { createHash } from 'node:crypto'
import type { Person } from '../../contract/person.ts'

const DIGEST = 12

/**
 * `alice@corp.example=k3v9…` in at most `longest` ASCII characters: email (else subject) for people, a digest over issuer and
 * subject for identity. The digest is always there: e-mail addresses are reused and changed, and narrowing to an alphabet that
 * clouds take folds names together, so without it one person could be written into a cloud's log as another. 60 bits.
 */
export function personName(person: Person, longest: number): string {
  const label = (person.email ?? person.subject).replace(/[^\w+,.@-]/g, '_').slice(0, longest - DIGEST - 1)
  const digest = createHash('sha256')
    .update(JSON.stringify([person.issuer, person.subject]))
    .digest('hex')
  return `${label}=${BigInt(`0x${digest.slice(0, 15)}`)
    .toString(32)
    .padStart(DIGEST, '0')}`
}
