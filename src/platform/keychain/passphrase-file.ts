import { randomBytes, scrypt } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { open, seal } from '../../base/aes-gcm.ts'
import type { Secret } from '../../base/secret.ts'
import { integer, object, oneOf, string } from '../../contract/narrow.ts'
import { readJsonFile, removeJsonFile, writeJsonFile } from '../json-file.ts'
import type { KeyStore } from './types.ts'
import { unavailable } from './unavailable.ts'

/** scrypt (RFC 7914): 128 MiB and some tenths of a second for each guess. */
const COST = { N: 1 << 17, r: 8, p: 1 } as const
const MAX_N = 1 << 20

const readFormat = object({
  format: oneOf('jit-key-1'),
  n: integer,
  salt: string,
  nonce: string,
  sealed: string,
  tag: string,
})
type Stored = ReturnType<typeof readFormat>

/** One file per key, AES-256-GCM under a key that scrypt makes of the passphrase. `passphrase` is asked for at the first use only. */
export function passphraseFileKeyStore(directory: string, passphrase: () => Promise<Secret>): KeyStore {
  let known: Promise<Secret> | undefined
  const derive = async (salt: Buffer, n: number): Promise<Buffer> => {
    known ??= passphrase()
    return deriveKey(await known, salt, n)
  }
  const fileOf = (item: string): string => {
    if (!/^[a-z0-9-]{1,64}$/.test(item))
      throw new RangeError('An item is named with small letters, digits and hyphens.')
    return join(directory, `${item}.key.json`)
  }
  return {
    name: 'passphrase file',
    async get(item) {
      const path = fileOf(item)
      const stored = load(path)
      if (stored === undefined) return undefined
      const key = await derive(Buffer.from(stored.salt, 'base64'), stored.n)
      return openKey(stored, key, item, path)
    },
    async set(item, key) {
      const salt = randomBytes(16)
      const sealed = seal(key, await derive(salt, COST.N), randomBytes(12), associated(item))
      save(fileOf(item), { format: 'jit-key-1', n: COST.N, salt: salt.toString('base64'), ...sealed })
    },
    async delete(item) {
      removeJsonFile(fileOf(item))
    },
  }
}

const deriveKey = async (passphrase: Secret, salt: Buffer, n: number): Promise<Buffer> => {
  const options = { ...COST, N: n, maxmem: 256 * n * COST.r }
  return promisify<string, Buffer, number, typeof options, Buffer>(scrypt)(passphrase.reveal(), salt, 32, options)
}

const associated = (item: string): string => `jit-key-1 ${item}`

function openKey(stored: Stored, under: Buffer, item: string, path: string): Uint8Array {
  try {
    return new Uint8Array(open(stored, under, associated(item)))
  } catch (error) {
    throw unavailable(`The passphrase does not open ${path}.`, 'Give the passphrase of the last login', error)
  }
}

function load(path: string): Stored | undefined {
  try {
    const json = readJsonFile(path)
    const stored = json === undefined ? undefined : readFormat(json, 'file')
    if (stored !== undefined && (stored.n < COST.N || stored.n > MAX_N || !Number.isInteger(Math.log2(stored.n))))
      throw new RangeError('scrypt cost out of range')
    return stored
  } catch (error) {
    throw unavailable(`The key file ${path} cannot be read.`, 'Log in again with jit login', error)
  }
}

function save(path: string, stored: Stored): void {
  try {
    writeJsonFile(path, stored)
  } catch (error) {
    throw unavailable(`The key file ${path} cannot be written.`, 'Make room or mend the directory', error)
  }
}
