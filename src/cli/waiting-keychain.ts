import { join } from 'node:path'
import { ifExists } from '../platform/durable.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { type AddonClient, callAddon, startAddon } from '../platform/keychain/addon.ts'
import type { CallAddon } from '../platform/keychain/system.ts'
import { places as placesOf } from '../platform/places.ts'
import type { Host } from './host.ts'
import { keyStoreChoice } from './key-store-choice.ts'

/**
 * A client of the keychain that starts while this process is still loading its own modules, which takes as long. It knows nothing
 * and asks the keychain nothing until the command wants the key of the login; where that never happens, it ends with this
 * process.
 */
export function waitingKeychain({ process, home }: Pick<Host, 'process' | 'home'>): CallAddon {
  let waiting = startWhereNeeded({ process, home })
  return (call) => {
    const client = waiting
    waiting = undefined
    return client === undefined ? callAddon(call) : client.ask(call)
  }
}

/** What is wrong here is said where the key store is opened. */
function startWhereNeeded({ process, home }: Pick<Host, 'process' | 'home'>): AddonClient | undefined {
  try {
    const places = placesOf({ env: process.env, home, platform: process.platform, cwd: process.cwd() })
    const isLoggedIn = ifExists(() => nodeFileSystem.lstat(join(places.state, 'login.json'))) !== undefined
    const isSystems = ['auto', 'keyutils'].includes(keyStoreChoice(process.env, places))
    return isLoggedIn && isSystems ? startAddon() : undefined
  } catch {
    return undefined
  }
}
