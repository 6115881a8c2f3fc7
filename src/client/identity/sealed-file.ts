import { open, seal } from '../../base/aes-gcm.ts'
import { errnoOf } from '../../base/errno.ts'
import { JitError } from '../../base/errors.ts'
import { object, oneOf, string } from '../../contract/narrow.ts'
import { readJsonFile, removeJsonFile, writeJsonFile } from '../../platform/json-file.ts'
import type { KeyStore } from '../../platform/keychain/types.ts'
import type { Random } from '../../platform/random.ts'

/** One JSON value on disk that only the holder of its key can read: AES-256-GCM, the key in the key store under `item`. */
export interface SealedFile {
  /** `undefined` where there is no file. Throws `STATE_CORRUPT`; `LOGIN_NEEDED` where the key is gone. Deletes nothing. */
  read(): Promise<unknown>
  /** Writes under the key of the last `read`. */
  update(value: unknown): Promise<void>
  /** Puts a new key into the key store, so that a key store which does not work shows before anybody logs in for nothing. */
  reserve(): Promise<Reservation>
  /** Removes file and key. A file that cannot be read goes too. */
  delete(): Promise<void>
}

export type Reservation<T = unknown> = {
  /** Writes under the new key, whatever was there, then forgets the old key. */
  write(value: T): Promise<void>
  /** Forgets the new key. Without effect after `write`. */
  abandon(): Promise<void>
}

type Deps = { readonly path: string; readonly purpose: string; readonly keyStore: KeyStore; readonly random: Random }
type Lock = { readonly item: string; readonly key: Uint8Array }

const readFormat = object({
  format: oneOf('jit-sealed-1'),
  purpose: string,
  item: string,
  nonce: string,
  sealed: string,
  tag: string,
})
type SealedJson = ReturnType<typeof readFormat>

export function sealedFile({ path, purpose, keyStore, random }: Deps): SealedFile {
  let lock: Lock | undefined

  const unlock = async (item: string): Promise<Lock> => {
    const key = lock?.item === item ? lock.key : await keyStore.get(item)
    if (key !== undefined) return { item, key }
    throw new JitError(
      'LOGIN_NEEDED',
      `The key of the stored login is gone from the ${keyStore.name}.`,
      'Type: jit login',
    )
  }
  const write = (value: unknown, under: Lock): void => {
    const { item, key } = under
    const sealed = seal(Buffer.from(JSON.stringify(value)), key, random.bytes(12), associated(purpose, item))
    save(path, { format: 'jit-sealed-1', purpose, item, ...sealed })
    lock = under
  }

  return {
    async read() {
      const sealed = load(path, purpose)
      if (sealed === undefined) return undefined
      lock = await unlock(sealed.item)
      return unsealed(sealed, lock, path)
    },
    async update(value) {
      if (lock === undefined) throw new Error('A sealed file is read before it is updated.')
      write(value, lock)
    },
    async reserve() {
      const fresh = { item: `${purpose}-${random.bytes(8).toString('hex')}`, key: random.bytes(32) }
      await keyStore.set(fresh.item, fresh.key)
      return {
        async write(value) {
          const old = itemOf(path)
          write(value, fresh)
          if (old !== undefined) await keyStore.delete(old).catch(() => undefined) // what is left of it opens nothing
        },
        async abandon() {
          if (lock?.item !== fresh.item) await keyStore.delete(fresh.item).catch(() => undefined)
        },
      }
    },
    async delete() {
      const item = itemOf(path)
      removeJsonFile(path)
      lock = undefined
      if (item !== undefined) await keyStore.delete(item)
    },
  }
}

const associated = (purpose: string, item: string): string => `jit-sealed-1 ${purpose} ${item}`

function unsealed(file: SealedJson, { key }: Lock, path: string): unknown {
  try {
    return JSON.parse(open(file, key, associated(file.purpose, file.item)).toString('utf8'))
  } catch (error) {
    throw corrupt(path, 'it was changed', error)
  }
}

function load(path: string, purpose: string): SealedJson | undefined {
  try {
    const json = readJsonFile(path)
    const sealed = json === undefined ? undefined : readFormat(json, 'file')
    if (sealed !== undefined && sealed.purpose !== purpose) throw new Error('sealed for another purpose')
    return sealed
  } catch (error) {
    throw corrupt(path, errnoOf(error) ?? 'it is torn, or not of this program', error)
  }
}

/** The key that the file names, as far as that can still be read. */
function itemOf(path: string): string | undefined {
  try {
    const { item } = object({ item: string })(readJsonFile(path), 'file')
    return /^[a-z]+-[0-9a-f]{16}$/.test(item) ? item : undefined
  } catch {
    return undefined // then nothing can be opened with that key any more
  }
}

function save(path: string, sealed: SealedJson): void {
  try {
    writeJsonFile(path, sealed)
  } catch (error) {
    const why = errnoOf(error) ?? 'unknown cause'
    throw new JitError(
      'WRITE_FAILED',
      `The login could not be written to ${path} (${why}).`,
      'Make room, or check the directory.',
      {
        cause: error,
      },
    )
  }
}

export const corrupt = (path: string, why: string, cause: unknown): JitError =>
  new JitError('STATE_CORRUPT', `The stored login ${path} cannot be read: ${why}.`, 'Log in anew: jit login', { cause })
