import type { Environment } from '../base/environment.ts'
import { chooseKeyStore } from '../platform/keychain/choose.ts'
import { KEY_STORE_CHOICES, type KeyStore, type KeyStoreChoice } from '../platform/keychain/types.ts'
import type { Places } from '../platform/places.ts'
import { readSettings } from '../platform/settings.ts'

/** `JIT_KEY_STORE` is the twin of `jit login --key-store` and so counts for every command. */
export function openKeyStore(env: Environment, platform: NodeJS.Platform, places: Places): KeyStore {
  const named = KEY_STORE_CHOICES.find((each) => each === env['JIT_KEY_STORE'])
  return keyStoreOf(named ?? readSettings(places.config).keyStore ?? 'auto', env, platform, places)
}

export const keyStoreOf = (
  choice: KeyStoreChoice,
  env: Environment,
  platform: NodeJS.Platform,
  places: Places,
): KeyStore => chooseKeyStore(choice, { platform, env, stateDirectory: places.state })
