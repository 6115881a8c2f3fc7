import type { Environment } from '../base/environment.ts'
import { JitError } from '../base/errors.ts'
import { KEY_STORE_CHOICES, type KeyStoreChoice } from '../platform/keychain/types.ts'
import type { Places } from '../platform/places.ts'
import { readSettings } from '../platform/settings.ts'

/** `JIT_KEY_STORE` is the twin of `jit login --key-store` and so counts for every command. Throws `USAGE` for a choice that there is not. */
export function keyStoreChoice(env: Environment, places: Pick<Places, 'config'>): KeyStoreChoice {
  const wanted = env['JIT_KEY_STORE'] ?? ''
  const named = KEY_STORE_CHOICES.find((each) => each === wanted)
  if (named === undefined && wanted !== '')
    throw new JitError(
      'USAGE',
      'JIT_KEY_STORE names no key store.',
      `Choose one of ${KEY_STORE_CHOICES.join(', ')}, or: unset JIT_KEY_STORE`,
    )
  return named ?? readSettings(places.config).keyStore ?? 'auto'
}
