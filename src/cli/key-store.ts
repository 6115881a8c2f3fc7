import type { Environment } from '../base/environment.ts'
import { chooseKeyStore } from '../platform/keychain/choose.ts'
import { KEY_STORE_CHOICES, type KeyStore, type KeyStoreChoice } from '../platform/keychain/types.ts'
import type { Places } from '../platform/places.ts'
import { readSettings } from '../platform/settings.ts'

/** `JIT_KEY_STORE` is the twin of `jit login --key-store` and so counts for every command. */
export const openKeyStore = (env: Environment, platform: NodeJS.Platform, places: Places): KeyStore =>
  keyStoreOf(keyStoreChoice(env, places), env, platform, places)

export const keyStoreChoice = (env: Environment, places: Places): KeyStoreChoice =>
  KEY_STORE_CHOICES.find((each) => each === env['JIT_KEY_STORE']) ?? readSettings(places.config).keyStore ?? 'auto'

export const keyStoreOf = (
  choice: KeyStoreChoice,
  env: Environment,
  platform: NodeJS.Platform,
  places: Places,
): KeyStore => chooseKeyStore(choice, { platform, env, stateDirectory: places.state })
