import type { KeyStore } from '../../platform/keychain/types.ts'
import { note, ok } from './finding.ts'
import type { Check } from './types.ts'

export type KeyStoreCheckDeps = {
  readonly keyStore: KeyStore
  readonly isMemory: boolean
  /** The login is a job's, which needs none. */
  readonly isOfJob?: boolean
  /** Rejects with `SECRET_STORE` where no passphrase could be read; absent where none is needed. */
  readonly readPassphrase?: () => Promise<unknown>
}

/** An item that never exists: asking for it tells whether the key store works. */
const PROBE = 'probe'

export const keyStoreCheck = (open: () => KeyStoreCheckDeps): Check => ({
  name: 'key store',
  look: async () => {
    const { keyStore, isMemory, isOfJob, readPassphrase } = open()
    if (isOfJob === true) return [note('A job needs none, unless it is delivered to in mode process.')]
    await readPassphrase?.()
    await keyStore.get(PROBE)
    if (isMemory) return [note('The memory of a process: a login ends with its command.', 'jit login --key-store auto')]
    return [ok(`The ${keyStore.name} answers.`)]
  },
})
