import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import { callAddon } from '../../src/platform/keychain/addon.ts'
import { memoryKeyStore } from '../../src/platform/keychain/memory.ts'
import { passphraseFileKeyStore } from '../../src/platform/keychain/passphrase-file.ts'
import { keyutilsKeyStore, systemKeyStore } from '../../src/platform/keychain/system.ts'
import type { KeyStore } from '../../src/platform/keychain/types.ts'
import { hasSecretService, type SecretService, startSecretService } from '../support/secret-service.ts'

/** Every key store keeps these promises. */
function keepsThePromises(store: () => KeyStore): void {
  const item = `test-${randomBytes(6).toString('hex')}`

  test('gives back the bytes that were put in, whatever they are', async () => {
    for (const key of [randomBytes(32), Buffer.alloc(32), Buffer.alloc(32, 0xff)]) {
      await store().set(item, key)
      expect(Buffer.from((await store().get(item)) ?? []).equals(key)).toBe(true)
    }
  })

  test('keeps items apart', async () => {
    await store().set(`${item}-a`, Buffer.alloc(32, 1))
    await store().set(`${item}-b`, Buffer.alloc(32, 2))
    await store().delete(`${item}-a`)
    expect(await store().get(`${item}-a`)).toBeUndefined()
    expect((await store().get(`${item}-b`))?.[0]).toBe(2)
    await store().delete(`${item}-b`)
  })

  test('has nothing where nothing was put, and deletes that without an error', async () => {
    expect(await store().get(`${item}-none`)).toBeUndefined()
    await store().delete(`${item}-none`)
  })

  test('has nothing after a delete', async () => {
    await store().set(item, randomBytes(32))
    await store().delete(item)
    expect(await store().get(item)).toBeUndefined()
  })
}

describe('memory', () => {
  const store = memoryKeyStore()
  keepsThePromises(() => store)
})

describe('passphrase file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'jit-keys-'))
  afterAll(() => rmSync(directory, { recursive: true }))
  keepsThePromises(() => passphraseFileKeyStore(directory, async () => new Secret('correct horse')))
})

describe.skipIf(!hasSecretService)('Secret Service (gnome-keyring)', () => {
  let service: SecretService
  beforeAll(async () => void (service = await startSecretService()))
  afterAll(() => service.close())
  keepsThePromises(() => systemKeyStore('linux', (call) => callAddon(call, { env: service.env })))
})

const keyutilsWork = await callAddon({ store: 'keyutils', operation: 'set', item: 'test-probe', key: randomBytes(32) })
  .then(() => callAddon({ store: 'keyutils', operation: 'delete', item: 'test-probe' }))
  .then(
    () => true,
    () => false,
  )
describe.skipIf(!keyutilsWork)('Linux kernel keyring', () => {
  keepsThePromises(() => keyutilsKeyStore())
})

// On Linux a keyring of its own stands in for the user's, above.
describe.skipIf(process.platform === 'linux')('the key store of this system', () => {
  keepsThePromises(() => systemKeyStore(process.platform, (call) => callAddon(call)))
})
