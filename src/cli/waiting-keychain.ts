import { type AddonClient, callAddon, startAddon } from '../platform/keychain/addon.ts'
import type { CallAddon } from '../platform/keychain/system.ts'
import { hasLogin } from './has-login.ts'
import type { Host } from './host.ts'
import { keyStoreChoice } from './key-store-choice.ts'
import { ownPlaces } from './own-places.ts'

/**
 * A client of the keychain that starts while this process is still loading its own modules, which takes as long. It knows nothing
 * and asks the keychain nothing until the command wants the key of the login; where that never happens, it ends with this
 * process.
 */
export function waitingKeychain(host: Pick<Host, 'process' | 'home'>): CallAddon {
  let waiting = startWhereNeeded(host)
  return (call) => {
    const client = waiting
    waiting = undefined
    return client === undefined ? callAddon(call) : client.ask(call)
  }
}

/** What is wrong here is said where the key store is opened. */
function startWhereNeeded(host: Pick<Host, 'process' | 'home'>): AddonClient | undefined {
  try {
    const own = ownPlaces(host)
    const isSystems = ['auto', 'keyutils'].includes(keyStoreChoice(host.process.env, own.places))
    return isSystems && hasLogin(own) ? startAddon() : undefined
  } catch {
    return undefined
  }
}
