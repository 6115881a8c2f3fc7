import { JitError } from '../../base/errors.ts'
import type { KeyStore } from '../../platform/keychain/types.ts'
import { keyItem, type SealedFor, unsealText } from './sealed-format.ts'

export type SealedReading = {
  /** Bytes of a file; `undefined` where there is none. */
  readonly read: (path: string) => Buffer | undefined
  /** Opened for a file that is there. */
  readonly keyStore: () => Promise<KeyStore>
}

/**
 * What lies in a sealed file. Throws `NOT_FOUND` where file or key is gone, `STATE_CORRUPT` where the file was changed, and
 * `SECRET_STORE` where the key store gives no answer.
 */
export async function openSealed({ read, keyStore }: SealedReading, of: SealedFor): Promise<string> {
  const bytes = read(of.path)
  if (bytes === undefined) throw gone(`The file ${of.path} is gone.`)
  const store = await keyStore()
  const key = await store.get(keyItem(of.lease, of.cloud))
  if (key === undefined) throw gone(`The key of ${of.path} is gone from the ${store.name}.`)
  try {
    return unsealText(bytes, of, key)
  } catch (error) {
    throw new JitError('STATE_CORRUPT', `${of.path} cannot be opened: it was changed.`, AGAIN, { cause: error })
  }
}

const AGAIN = 'Type: jit revoke TARGET, then jit elevate TARGET --reason TEXT'

const gone = (sentence: string): JitError => new JitError('NOT_FOUND', sentence, AGAIN)
