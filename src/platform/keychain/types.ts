/**
 * Where 32-byte keys lie. Nothing larger goes in: Windows caps an item at 2,560 bytes. Every call ends within 3 s;
 * failures are `JitError('SECRET_STORE')` whose hint names the choices.
 */
export interface KeyStore {
  /** As messages call it, e.g. `Secret Service`. */
  readonly name: string
  get(item: string): Promise<Uint8Array | undefined>
  set(item: string, key: Uint8Array): Promise<void>
  /** Deleting what is not there is no error. */
  delete(item: string): Promise<void>
}

/** `auto` is the system's own keychain. The others are explicit choices; there is no plain-text one. */
export const KEY_STORE_CHOICES = ['auto', 'keyutils', 'passphrase-file', 'memory'] as const
export type KeyStoreChoice = (typeof KEY_STORE_CHOICES)[number]
