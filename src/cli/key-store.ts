import type { Environment } from '../base/environment.ts'
import { chooseKeyStore } from '../platform/keychain/choose.ts'
import type { CallAddon } from '../platform/keychain/system.ts'
import type { KeyStore, KeyStoreChoice } from '../platform/keychain/types.ts'
import type { Places } from '../platform/places.ts'
import { keyStoreChoice } from './key-store-choice.ts'

/** The key store of this installation. `callAddon`: a client of the keychain that is there already. */
export const openKeyStore = (
  env: Environment,
  platform: NodeJS.Platform,
  places: Places,
  callAddon?: CallAddon,
): KeyStore => keyStoreOf(keyStoreChoice(env, places), env, platform, places, callAddon)

export const keyStoreOf = (
  choice: KeyStoreChoice,
  env: Environment,
  platform: NodeJS.Platform,
  places: Places,
  callAddon?: CallAddon,
): KeyStore => chooseKeyStore(choice, { platform, env, stateDirectory: places.state, ...(callAddon && { callAddon }) })
