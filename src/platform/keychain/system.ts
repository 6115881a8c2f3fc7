import type { JitError } from '../../base/errors.ts'
import { type AddonCall, AddonError, callAddon } from './addon.ts'
import type { KeyStore } from './types.ts'
import { unavailable } from './unavailable.ts'

/** The same as {@link callAddon}; replaced in tests that need a keychain which fails in a certain way. */
export type CallAddon = (call: AddonCall) => Promise<Uint8Array | undefined>

const NAMES: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: 'macOS Keychain',
  win32: 'Windows Credential Manager',
}

/** macOS Keychain, Windows Credential Manager, or the Secret Service (never its silent fallback, the kernel keyring). */
export const systemKeyStore = (platform: NodeJS.Platform, call: CallAddon = callAddon): KeyStore =>
  addonKeyStore(NAMES[platform] ?? 'Secret Service', 'system', 'Start or unlock the keychain', call)

/** The kernel's keyring: in memory only, gone at reboot and after some days without use. */
export const keyutilsKeyStore = (call: CallAddon = callAddon): KeyStore =>
  addonKeyStore('Linux kernel keyring', 'keyutils', 'Containers often forbid it: use another machine', call)

function addonKeyStore(name: string, store: AddonCall['store'], remedy: string, call: CallAddon): KeyStore {
  const use = async (rest: Omit<AddonCall, 'store'>): Promise<Uint8Array | undefined> => {
    try {
      return await call({ store, ...rest })
    } catch (error) {
      throw asJitError(error, name, remedy)
    }
  }
  return {
    name,
    get: (item) => use({ operation: 'get', item }),
    set: async (item, key) => void (await use({ operation: 'set', item, key })),
    delete: async (item) => void (await use({ operation: 'delete', item })),
  }
}

function asJitError(error: unknown, name: string, remedy: string): JitError {
  const why = error instanceof AddonError ? error.message : 'its client could not be started'
  return unavailable(`The ${name} cannot be used: ${why}.`, remedy, error)
}
