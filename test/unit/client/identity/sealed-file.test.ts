import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type SealedFile, sealedFile } from '../../../../src/client/identity/sealed-file.ts'
import { loginStore } from '../../../../src/client/identity/store.ts'
import { memoryKeyStore } from '../../../../src/platform/keychain/memory.ts'
import type { KeyStore } from '../../../../src/platform/keychain/types.ts'
import { systemRandom } from '../../../../src/platform/random.ts'

const root = mkdtempSync(join(tmpdir(), 'jit-sealed-'))
afterAll(() => rmSync(root, { recursive: true }))

let path = ''
let keyStore: KeyStore
let nth = 0
beforeEach(() => {
  path = join(root, String(nth++), 'deep', 'login.json')
  keyStore = memoryKeyStore()
})
const file = (purpose = 'login'): SealedFile => sealedFile({ path, purpose, keyStore, random: systemRandom })
async function write(value: unknown): Promise<void> {
  await (await file().reserve()).write(value)
}
const json = (): Record<string, string> => JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>

describe('a sealed file', () => {
  test('gives back what was written, in this process and the next', async () => {
    expect(await file().read()).toBeUndefined()
    await write({ secret: 'hunter2 ✓' })
    expect(await file().read()).toEqual({ secret: 'hunter2 ✓' })
  })

  test('is 0600 in a 0700 directory, shows nothing and leaves no temp file', async () => {
    await write({ secret: 'hunter2' })
    expect([statSync(path).mode & 0o777, statSync(join(path, '..')).mode & 0o777]).toEqual([0o600, 0o700])
    expect(readFileSync(path, 'latin1')).not.toContain('hunter2')
    expect(readdirSync(join(path, '..'))).toEqual(['login.json'])
  })

  test('is updated under the same key, with another nonce', async () => {
    await write(1)
    const before = json()
    const again = file()
    await again.read()
    await again.update(2)
    expect(await file().read()).toBe(2)
    expect([json()['item'] === before['item'], json()['nonce'] === before['nonce']]).toEqual([true, false])
  })

  test('is replaced under a new key, and the old key is forgotten', async () => {
    await write(1)
    const old = json()['item'] ?? ''
    await write(2)
    expect(await file().read()).toBe(2)
    expect(await keyStore.get(old)).toBeUndefined()
  })

  test('deleted leaves neither file nor key, twice too', async () => {
    await write(1)
    const { item = '' } = json()
    await file().delete()
    await file().delete()
    expect([await file().read(), await keyStore.get(item)]).toEqual([undefined, undefined])
  })

  test('sees what another process wrote meanwhile under another key', async () => {
    await write(1)
    const mine = file()
    await mine.read()
    await write(2)
    expect(await mine.read()).toBe(2)
    await mine.update(3)
    expect(await file().read()).toBe(3)
  })
})

describe('a sealed file that was', () => {
  const corrupt = { code: 'STATE_CORRUPT', hint: 'Log in anew: jit login' }
  const spoil = (member: string, value: string) => () =>
    writeFileSync(path, JSON.stringify({ ...json(), [member]: value }))
  test.each([
    ['torn', () => writeFileSync(path, readFileSync(path).subarray(0, 50))],
    ['emptied', () => writeFileSync(path, '')],
    ['replaced by something else', () => writeFileSync(path, '{"aws":"config"}')],
    ['changed', () => spoil('sealed', Buffer.from('forged').toString('base64'))()],
    ['stripped of its tag', spoil('tag', '')],
    [
      'given a short tag',
      () =>
        spoil(
          'tag',
          Buffer.from(json()['tag'] ?? '', 'base64')
            .subarray(0, 4)
            .toString('base64'),
        )(),
    ],
    ['given another nonce', spoil('nonce', Buffer.alloc(12).toString('base64'))],
    ['made by a later version', spoil('format', 'jit-sealed-2')],
    ['sealed for another purpose', spoil('purpose', 'credentials')],
    ['swapped for a symlink', () => (renameSync(path, `${path}.x`), symlinkSync(`${path}.x`, path))],
    ['blown up', () => writeFileSync(path, 'x'.repeat(2 << 20))],
  ])('%s is an error, and is left as it is', async (_name, damage) => {
    await write({ secret: 'hunter2' })
    damage()
    const after = readFileSync(path)
    await expect(file().read()).rejects.toMatchObject(corrupt)
    expect(readFileSync(path).equals(after)).toBe(true)
  })

  test('sealed for one purpose does not open as another, whatever its header says', async () => {
    await (await file('secret').reserve()).write('a')
    await expect(file().read()).rejects.toMatchObject(corrupt)
    spoil('purpose', 'login')()
    await expect(file().read()).rejects.toMatchObject(corrupt)
  })

  test.skipIf(process.getuid?.() === 0)('made unreadable says so', async () => {
    await write(1)
    chmodSync(path, 0o000)
    await expect(file().read()).rejects.toMatchObject({ ...corrupt, message: expect.stringContaining('EACCES') })
  })

  test('replaced in spite of its damage works again', async () => {
    await write(1)
    writeFileSync(path, 'torn')
    await write(2)
    expect(await file().read()).toBe(2)
  })

  test('left without its key asks for a login', async () => {
    await write(1)
    keyStore = memoryKeyStore()
    await expect(file().read()).rejects.toMatchObject({
      code: 'LOGIN_NEEDED',
      message: 'The key of the stored login is gone from the memory of this process.',
    })
  })
})

test('a login of another version is corrupt state, not a login', async () => {
  const store = loginStore({ stateDirectory: join(path, '..'), keyStore, random: systemRandom })
  await write({ version: 2, accessToken: 'x' })
  await expect(store.load()).rejects.toMatchObject({ code: 'STATE_CORRUPT' })
})

test('a directory that cannot be written is an error, and the new key can be given back', async () => {
  writeFileSync(join(root, 'blocker'), '')
  path = join(root, 'blocker', 'login.json')
  const items = new Set<string>()
  keyStore = {
    ...memoryKeyStore(),
    set: async (item) => void items.add(item),
    delete: async (item) => void items.delete(item),
  }
  const place = await file().reserve()
  expect(items.size).toBe(1)
  await expect(place.write(1)).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  await place.abandon()
  expect(items.size).toBe(0)
})
