import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { hashOf } from '../../../../src/base/secret-hash.ts'
import { createLeasing } from '../../../../src/client/leasing.ts'
import { readFile } from '../../../../src/platform/durable.ts'
import { type FileSystem, nodeFileSystem } from '../../../../src/platform/files.ts'
import { awsDelivery, leasingIn, newLease, SECRETS } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { leasingDeps } from '../../../support/leasing-deps.ts'
import { PLAIN_SECRET, plainDelivery, plainFiles } from '../../../support/plain-sinks.ts'
import { awsFiles } from '../../../../src/client/sinks/clouds/aws-files.ts'
import { TempHome } from '../../../support/temp-home.ts'

const ORIGINAL = '[default]\nregion = a\n'
const [, SECRET = ''] = SECRETS

function setUp() {
  const home = new TempHome()
  home.put(ORIGINAL)
  const clock = new FakeClock(Date.now() + 60_000)
  return { home, clock, leasing: leasingIn(home, clock), [Symbol.dispose]: () => home[Symbol.dispose]() }
}

describe('the next slice of a lease', () => {
  test('says until when the cloud takes it, and moves nothing else', async () => {
    using at = setUp()
    const lease = await at.leasing.write(newLease(at.clock), [{ ...first(awsDelivery('jit-prod-db')), renewAt: 1 }])
    const next = { ...first(awsDelivery('jit-prod-db', 'X')), validUntil: 2_000_000_000_000, role: 'other' }
    const renewed = await at.leasing.renew('g_1', [next])
    const [entry] = lease.entries
    const { renewAt: _last, ...kept } = entry ?? {}
    expect(entry).toMatchObject({ renewAt: 1, sink: 'aws-files', deliver: 'files' })
    expect(renewed).toEqual({
      ...lease,
      entries: [{ ...kept, validUntil: 2_000_000_000_000 }],
      places: renewed.places,
    })
    expect(at.leasing.list()).toEqual([renewed])
  })

  test('is in the journal before it is in the file, beside the last one; afterwards alone', async () => {
    using at = setUp()
    await at.leasing.write(newLease(at.clock), awsDelivery('jit-prod-db'))
    const known: (readonly string[])[] = []
    const watching: FileSystem = {
      ...nodeFileSystem,
      open: (path, how, mode) => {
        if (path.endsWith('credentials.jit-g_1.tmp') && how === 'create')
          known.push(at.leasing.list().flatMap(({ places }) => places.flatMap(({ secretHashes }) => secretHashes)))
        return nodeFileSystem.open(path, how, mode)
      },
    }
    await leasingIn(at.home, at.clock, watching).renew('g_1', awsDelivery('jit-prod-db', 'X'))
    for (const hashes of known) expect(hashes).toEqual(expect.arrayContaining([hashOf(SECRET), hashOf(`${SECRET}X`)]))
    expect(known.length).toBeGreaterThan(0)
    expect(at.leasing.list()[0]?.places[0]?.secretHashes).not.toContain(hashOf(SECRET))
    expect(at.home.filesHolding(`${SECRET}X`)).toEqual([at.home.credentials])
  })

  test('comes too late for a lease that is over, was ended, or is being ended', async () => {
    using at = setUp()
    const renewal = () => at.leasing.renew('g_1', awsDelivery('jit-prod-db', 'X'))
    await expect(renewal()).rejects.toMatchObject({ code: 'GRANT_ENDED' })
    await at.leasing.write(newLease(at.clock, 'g_1', 'prod-db', 60_000), awsDelivery('jit-prod-db'))
    at.clock.advance(60_001)
    await expect(renewal()).rejects.toMatchObject({ code: 'GRANT_ENDED' })
    await at.leasing.sweep()
    await expect(renewal()).rejects.toMatchObject({ code: 'GRANT_ENDED' })
    expect(at.home.text()).toBe(ORIGINAL)
  })

  test('that cannot be written leaves the last one, which can still be wiped', async () => {
    using at = setUp()
    await at.leasing.write(newLease(at.clock), awsDelivery('jit-prod-db'))
    const full: FileSystem = {
      ...nodeFileSystem,
      rename: (from, to) => {
        if (to === at.home.credentials) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'rename' })
        nodeFileSystem.rename(from, to)
      },
    }
    const failing = leasingIn(at.home, at.clock, full).renew('g_1', awsDelivery('jit-prod-db', 'X'))
    await expect(failing).rejects.toMatchObject({ code: 'WRITE_FAILED' })
    expect(at.leasing.list()).toMatchObject([{ id: 'g_1', state: 'active' }])
    expect(at.home.filesHolding(`${SECRET}X`)).toEqual([])
    expect(at.home.filesHolding(SECRET)).toEqual([at.home.credentials])
    await at.leasing.wipe(['g_1'], 'revoked')
    expect(at.home.text()).toBe(ORIGINAL)
  })

  test('may come for one of its clouds alone', async () => {
    using at = setUp()
    const { home, stateDir } = at.home
    const sinks = (deps: Parameters<typeof awsFiles>[0]) => [awsFiles(deps), plainFiles(deps)]
    const leasing = createLeasing(leasingDeps({ home, stateDir, clock: at.clock, sinks }))
    const lease = await leasing.write(newLease(at.clock), [...awsDelivery('jit-prod-db'), plainDelivery('jit-prod-db')])
    const before = readFileSync(at.home.credentials, 'utf8')
    const renewed = await leasing.renew('g_1', [{ ...plainDelivery('jit-prod-db', 'X'), validUntil: 7 }])
    expect(renewed.entries.map(({ validUntil }) => validUntil)).toEqual([lease.entries[0]?.validUntil, 7])
    expect(readFileSync(at.home.credentials, 'utf8')).toBe(before)
    expect(at.home.filesHolding(`${PLAIN_SECRET}X`)).toHaveLength(1)
    await leasing.wipe(['g_1'], 'revoked')
    expect([at.home.text(), at.home.names()]).toEqual([ORIGINAL, ['.aws', '.aws/credentials']])
    expect(readFile(nodeFileSystem, `${stateDir}/run/grants`)).toBeUndefined()
  })
})

function first<T>([one]: readonly T[]): T {
  if (one === undefined) throw new RangeError('an empty list')
  return one
}
