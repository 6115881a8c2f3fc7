import { createHash } from 'node:crypto'

/** How a lease remembers a secret: SHA-256, hex. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')
