import { createCipheriv, createDecipheriv } from 'node:crypto'

/** What AES-256-GCM makes of a value, in base64, as it stands in a JSON file. */
export type Sealed = { readonly nonce: string; readonly sealed: string; readonly tag: string }

/** `associated` is not kept: who opens must know what it was sealed for. Never twice the same `nonce` (12 bytes) under one key. */
export function seal(plain: Uint8Array, key: Uint8Array, nonce: Uint8Array, associated: string): Sealed {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(associated))
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  return { nonce: base64(nonce), sealed: base64(sealed), tag: base64(cipher.getAuthTag()) }
}

/** Throws for another key, another `associated`, or a changed byte. */
export function open({ nonce, sealed, tag }: Sealed, key: Uint8Array, associated: string): Buffer {
  // The length is demanded, because a shorter tag would be taken too and could be guessed.
  const decipher = createDecipheriv('aes-256-gcm', key, bytes(nonce), { authTagLength: 16 })
  decipher.setAAD(Buffer.from(associated)).setAuthTag(bytes(tag))
  return Buffer.concat([decipher.update(bytes(sealed)), decipher.final()])
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64')
