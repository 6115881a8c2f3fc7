import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { open, seal } from '../../base/aes-gcm.ts'
import type { Cloud } from '../../contract/target.ts'
import { object, oneOf, string } from '../../contract/narrow.ts'

/** Whose secret a sealed file holds. A file moved to another lease or name does not open. */
export type SealedFor = { readonly lease: string; readonly cloud: Cloud; readonly path: string }

const FORMAT = 'jit-lease-1'
const readFormat = object({ format: oneOf(FORMAT), nonce: string, sealed: string, tag: string })

/** Name of the key in the key store: every store takes small letters, digits and hyphens. */
export const keyItem = (lease: string, cloud: Cloud): string =>
  `lease-${cloud}-${createHash('sha256').update(lease).digest('hex').slice(0, 32)}`

const associated = ({ lease, cloud, path }: SealedFor): string => `${FORMAT} ${lease} ${cloud} ${basename(path)}`

/** `mark`: see own-mark.ts. */
export function sealText(text: string, of: SealedFor, key: Uint8Array, nonce: Uint8Array, mark: string): string {
  const sealed = seal(Buffer.from(text), key, nonce, associated(of))
  return `${JSON.stringify({ format: FORMAT, mark, ...sealed }, null, 2)}\n`
}

/** Throws where a byte was changed, or the key is another. */
export function unsealText(bytes: Buffer, of: SealedFor, key: Uint8Array): string {
  const file = readFormat(JSON.parse(bytes.toString('utf8')), 'file')
  return open(file, key, associated(of)).toString('utf8')
}
