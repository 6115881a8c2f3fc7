import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { JitError } from '../../../../src/base/errors.ts'
import { createLeasing } from '../../../../src/client/leasing.ts'
import { openSealed } from '../../../../src/client/sinks/open-sealed.ts'
import { keyItem } from '../../../../src/client/sinks/sealed-format.ts'
import { readFile } from '../../../../src/platform/durable.ts'
import { nodeFileSystem } from '../../../../src/platform/files.ts'
import { callAddon } from '../../../../src/platform/keychain/addon.ts'
import { memoryKeyStore } from '../../../../src/platform/keychain/memory.ts'
import { systemKeyStore } from '../../../../src/platform/keychain/system.ts'
import type { KeyStore } from '../../../../src/platform/keychain/types.ts'
import { awsDelivery, newLease } from '../../../support/aws-lease.ts'
import { awsFiles } from '../../../../src/client/sinks/clouds/aws-files.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { leasingDeps } from '../../../support/leasing-deps.ts'
import { PLAIN_SECRET, plainDelivery, plainProcess } from '../../../support/plain-sinks.ts'
import { hasSecretService, type SecretService, startSecretService } from '../../../support/secret-service.ts'
import { TempHome } from '../../../support/temp-home.ts'

const ITEM = keyItem('g_1', 'gcp')
const unreachable = (): never => {
  throw new JitError('SECRET_STORE', 'The Secret Service cannot be used.', 'Choose another.')
}

/** A key store that a test can take away. */
function breakable(inner: KeyStore = memoryKeyStore()) {
  const calls: string[] = []
  const state = { broken: [] as readonly ('get' | 'set' | 'delete')[] }
  const call = <R>(name: 'get' | 'set' | 'delete', work: () => Promise<R>): Promise<R> => {
    calls.push(name)
    return state.broken.includes(name) ? Promise.resolve().then(unreachable) : work()
  }
  const keyStore: KeyStore = {
    name: inner.name,
    get: (item) => call('get', () => inner.get(item)),
    set: (item, key) => call('set', () => inner.set(item, key)),
    delete: (item) => call('delete', () => inner.delete(item)),
  }
  return { keyStore, calls, state, inner }
}

function setUp(keys = breakable()) {
  const files = new TempHome()
  const clock = new FakeClock(Date.now() + 60_000)
  const { home, stateDir } = files
  const sinks = (deps: Parameters<typeof awsFiles>[0]) => [awsFiles(deps), plainProcess(deps)]
  // Another process each time.
  const leasing = () => createLeasing(leasingDeps({ home, stateDir, clock, sinks, keyStore: keys.keyStore }))
  const lease = { ...newLease(clock), deliver: 'process' as const }
  return {
    files,
    clock,
    keys,
    leasing,
    write: (mark = '') => leasing().write(lease, [plainDelivery('jit-prod-db', mark)]),
    open: (path: string, id = 'g_1') =>
      openSealed(
        { read: (from) => readFile(nodeFileSystem, from), keyStore: async () => keys.keyStore },
        { lease: id, cloud: 'gcp', path },
      ),
    [Symbol.dispose]: () => files[Symbol.dispose](),
  }
}

describe('a sealed file', () => {
  test('opens with the key of its lease, and there is no plain text of it anywhere', async () => {
    using at = setUp()
    const { places } = await at.write()
    const sealed = places.filter(({ kind }) => kind === 'sealed')
    expect(sealed).toHaveLength(2)
    for (const { path } of sealed) expect(await at.open(path)).toBe(PLAIN_SECRET)
    expect(at.files.filesHolding(PLAIN_SECRET)).toEqual([])
    expect((await at.keys.inner.get(ITEM))?.length).toBe(32)
  })

  test('opens after its next slice too, under the same key', async () => {
    using at = setUp()
    const { places } = await at.write()
    const key = await at.keys.inner.get(ITEM)
    await at.leasing().renew('g_1', [plainDelivery('jit-prod-db', 'Second')])
    for (const { path } of places.filter(({ kind }) => kind === 'sealed'))
      expect(await at.open(path)).toBe(`${PLAIN_SECRET}Second`)
    expect(await at.keys.inner.get(ITEM)).toEqual(key)
  })

  test('does not open under another name, for another lease, with a changed byte, or without its key', async () => {
    using at = setUp()
    const { places } = await at.write()
    const [path = '', again = ''] = places.map((place) => place.path)
    const bytes = readFileSync(path)
    writeFileSync(path, readFileSync(again))
    await expect(at.open(path)).rejects.toMatchObject({ code: 'STATE_CORRUPT' })
    const tag = bytes.indexOf('"tag": "') + 8
    writeFileSync(path, bytes.fill(bytes[tag] === 65 ? 66 : 65, tag, tag + 1))
    await expect(at.open(path)).rejects.toMatchObject({ code: 'STATE_CORRUPT' })
    await expect(at.open(again, 'g_2')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(at.open(`${path}.gone`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await at.keys.inner.delete(ITEM)
    await expect(at.open(again)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('goes before its key does, and both are gone', async () => {
    using at = setUp()
    const { places } = await at.write()
    const [path = ''] = places.map((place) => place.path)
    let hadFile: boolean | undefined
    const { keyStore } = at.keys
    const watching: KeyStore = {
      ...keyStore,
      delete: (item) => {
        hadFile ??= existsSync(path)
        return keyStore.delete(item)
      },
    }
    const keys = { ...at.keys, keyStore: watching }
    const { home, stateDir } = at.files
    const sinks = (deps: Parameters<typeof awsFiles>[0]) => [plainProcess(deps)]
    const leasing = createLeasing(leasingDeps({ home, stateDir, clock: at.clock, sinks, keyStore: keys.keyStore }))
    expect(await leasing.wipe(['g_1'], 'revoked')).toMatchObject([{ wiped: true }])
    expect([hadFile, await at.keys.inner.get(ITEM)]).toEqual([false, undefined])
  })

  test('whose key store cannot be reached goes; the lease stays stuck until the key is gone too', async () => {
    using at = setUp()
    await at.write()
    at.keys.state.broken = ['delete']
    expect(await at.leasing().wipe(['g_1'], 'revoked')).toMatchObject([{ wiped: false, why: /Secret Service/ }])
    expect(existsSync(join(at.files.stateDir, 'run'))).toBe(false)
    expect(at.leasing().list()).toMatchObject([{ state: 'stuck' }])
    at.keys.state.broken = []
    at.clock.advance(60_000)
    expect(await at.leasing().sweep()).toMatchObject([{ lease: 'g_1', wiped: true }])
    expect(await at.keys.inner.get(ITEM)).toBeUndefined()
  })

  test('is not written without a key: the error is that of the key store, once, and nothing is left', async () => {
    using at = setUp()
    at.keys.state.broken = ['get', 'set', 'delete']
    await expect(at.write()).rejects.toMatchObject({ code: 'SECRET_STORE' })
    expect(at.keys.calls).toEqual(['set'])
    expect([at.leasing().list(), at.files.names(), at.files.filesHolding(PLAIN_SECRET)]).toEqual([[], [], []])
  })

  test('a failing renewal leaves the last slice and the way to its key', async () => {
    using at = setUp()
    const { places } = await at.write()
    at.keys.state.broken = ['get']
    await expect(at.leasing().renew('g_1', [plainDelivery('jit-prod-db', 'Second')])).rejects.toMatchObject({
      code: 'SECRET_STORE',
    })
    at.keys.state.broken = []
    expect(await at.open(places[0]?.path ?? '')).toBe(PLAIN_SECRET)
    expect(await at.leasing().wipe(['g_1'], 'revoked')).toMatchObject([{ wiped: true }])
    expect(await at.keys.inner.get(ITEM)).toBeUndefined()
  })

  test('whoever has none never meets the key store', async () => {
    using at = setUp()
    await at.leasing().write(newLease(at.clock), awsDelivery('jit-prod-db'))
    await at.leasing().renew('g_1', awsDelivery('jit-prod-db', 'Second'))
    await at.leasing().wipe(['g_1'], 'revoked')
    await at.leasing().sweep()
    expect(at.keys.calls).toEqual([])
  })
})

describe.skipIf(!hasSecretService)('with a real gnome-keyring', () => {
  let service: SecretService
  beforeAll(async () => {
    service = await startSecretService()
  })
  afterAll(() => service.close())

  test('is written, opened, and wiped together with its key', async () => {
    const real = systemKeyStore('linux', (call) => callAddon(call, { env: service.env }))
    using at = setUp(breakable(real))
    const { places } = await at.write()
    expect(await at.open(places[0]?.path ?? '')).toBe(PLAIN_SECRET)
    expect(await at.leasing().wipe(['g_1'], 'revoked')).toMatchObject([{ wiped: true }])
    expect(await real.get(ITEM)).toBeUndefined()
  })
})
