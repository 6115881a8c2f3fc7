import { join } from 'node:path'
import { memoryKeyStore } from './memory.ts'
import { type PassphraseEnv, readPassphrase } from './passphrase.ts'
import { passphraseFileKeyStore } from './passphrase-file.ts'
import { type CallAddon, keyutilsKeyStore, systemKeyStore } from './system.ts'
import type { KeyStore, KeyStoreChoice } from './types.ts'

export type Machine = {
  readonly platform: NodeJS.Platform
  readonly env: PassphraseEnv
  /** Where `passphrase-file` keeps its files. */
  readonly stateDirectory: string
  /** A client of the keychain that is there already; absent: one is started for each call. */
  readonly callAddon?: CallAddon
}

/** The key store that was chosen. Opens nothing yet: what is missing shows at the first call. Nothing falls back to another. */
export const chooseKeyStore = (choice: KeyStoreChoice, machine: Machine): KeyStore => MAKE[choice](machine)

const MAKE: Readonly<Record<KeyStoreChoice, (machine: Machine) => KeyStore>> = {
  auto: ({ platform, callAddon }) => systemKeyStore(platform, callAddon),
  keyutils: ({ callAddon }) => keyutilsKeyStore(callAddon),
  'passphrase-file': ({ stateDirectory, env }) =>
    passphraseFileKeyStore(join(stateDirectory, 'keys'), () => readPassphrase(env)),
  memory: () => memoryKeyStore(),
}
