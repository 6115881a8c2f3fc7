import { createHash } from 'node:crypto'
import type { AwsName } from './types.ts'

const MAX = 64
const DIGEST = 12

/**
 * `alice@corp.example=k3v9…`: email (else subject) for people, a digest over issuer and subject for identity. The digest
 * is always there: e-mail addresses are reused and changed, and narrowing to AWS's alphabet folds names together, so
 * without it one person could be written into CloudTrail as another. 60 bits.
 */
export const awsName: AwsName = (person) => {
  const label = (person.email ?? person.subject).replace(/[^\w+,.@-]/g, '_').slice(0, MAX - DIGEST - 1)
  const digest = createHash('sha256')
    .update(JSON.stringify([person.issuer, person.subject]))
    .digest('hex')
  return `${label}=${BigInt(`0x${digest.slice(0, 15)}`)
    .toString(32)
    .padStart(DIGEST, '0')}`
}
