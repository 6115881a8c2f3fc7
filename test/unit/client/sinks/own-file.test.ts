import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createLeasing } from '../../../../src/client/leasing.ts'
import type { CloudSink } from '../../../../src/client/sinks/clouds/types.ts'
import { ownMark, readOwnMark } from '../../../../src/client/sinks/own-mark.ts'
import { type FileSystem, nodeFileSystem } from '../../../../src/platform/files.ts'
import type { GcpCredential } from '../../../../src/contract/credential.ts'
import { newLease } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { leasingDeps } from '../../../support/leasing-deps.ts'
import { PLAIN_SECRET, plainDelivery, plainFiles } from '../../../support/plain-sinks.ts'
import { TempHome } from '../../../support/temp-home.ts'

function setUp() {
  const files = new TempHome()
  const clock = new FakeClock(Date.now() + 60_000)
  const { home, stateDir } = files
  const leasing = (fs?: FileSystem) =>
    createLeasing(
      leasingDeps({ home, stateDir, clock, sinks: (deps) => [plainFiles(deps)], ...(fs === undefined ? {} : { fs }) }),
    )
  const endsAt = clock.now() + 3_600_000
  const directory = join(stateDir, 'run', 'grants', `g_1.${Math.ceil(endsAt / 1000)}`)
  return {
    files,
    clock,
    leasing,
    directory,
    token: join(directory, 'deep', 'token'),
    settings: join(home, '.plain', 'settings', 'jit-prod-db.conf'),
    write: (id = 'g_1', mark = '', by = leasing()) =>
      by.write({ ...newLease(clock, id), endsAt }, [plainDelivery('jit-prod-db', mark)]),
    [Symbol.dispose]: () => files[Symbol.dispose](),
  }
}

const withTokenInSettings = (deps: Parameters<typeof plainFiles>[0]): CloudSink<GcpCredential> => ({
  ...plainFiles(deps),
  contents: async (delivery) => {
    const secrets = [PLAIN_SECRET]
    const files = await plainFiles(deps).contents(delivery)
    return files.map((file) => ({ content: `${file?.content}\ntoken = ${PLAIN_SECRET}`, secrets }))
  },
})

describe('a file that is wholly ours', () => {
  test('lies where nobody else can read it, in a directory that tells lease and end', async () => {
    using at = setUp()
    await at.write()
    expect(readFileSync(at.token, 'utf8')).toBe(PLAIN_SECRET)
    expect(statSync(at.token).mode & 0o7777).toBe(0o600)
    for (let path = dirname(at.token); path !== at.files.stateDir; path = dirname(path))
      expect(statSync(path).mode & 0o7777).toBe(0o700)
  })

  test('goes with all that a client has put beside it, links are not followed', async () => {
    using at = setUp()
    await at.write()
    const outside = join(at.files.root, 'outside')
    writeFileSync(outside, 'mine')
    mkdirSync(join(at.directory, 'logs', 'old'), { recursive: true })
    writeFileSync(join(at.directory, 'logs', 'old', 'access.log'), PLAIN_SECRET, { mode: 0o400 })
    symlinkSync(outside, join(at.directory, 'link'))
    symlinkSync(at.files.root, join(at.directory, 'logs', 'link'))
    await at.leasing().wipe(['g_1'], 'revoked')
    expect(existsSync(join(at.files.stateDir, 'run'))).toBe(false)
    expect(readFileSync(outside, 'utf8')).toBe('mine')
  })

  test('is blank before its name goes', async () => {
    using at = setUp()
    await at.write()
    const gone: string[] = []
    const watching: FileSystem = {
      ...nodeFileSystem,
      unlink: (path) => {
        if (path.includes('/grants/')) gone.push(readFileSync(path, 'utf8').trim())
        nodeFileSystem.unlink(path)
      },
    }
    await at.leasing(watching).wipe(['g_1'], 'revoked')
    expect(gone).toEqual([''])
  })

  test('replaced by the next slice, the last one is blanked once its readers have read it', async () => {
    using at = setUp()
    await at.write('g_1', 'First')
    const last = lstatSync(at.token).ino
    const blanked: string[] = []
    const watching: FileSystem = {
      ...nodeFileSystem,
      unlink: (path) => {
        if (lstatSync(path).ino === last) blanked.push(readFileSync(path, 'utf8').trim())
        nodeFileSystem.unlink(path)
      },
    }
    const start = at.clock.now()
    await at.leasing(watching).renew('g_1', [plainDelivery('jit-prod-db', 'Second')])
    expect(at.clock.now() - start).toBeGreaterThanOrEqual(100)
    expect(blanked).toEqual([''])
    expect(readFileSync(at.token, 'utf8')).toBe(`${PLAIN_SECRET}Second`)
    expect(readdirSync(dirname(at.token))).toEqual(['token'])
  })

  test('is not touched where the next slice says the same', async () => {
    using at = setUp()
    await at.write()
    const { ino } = statSync(at.settings)
    await at.leasing().renew('g_1', [plainDelivery('jit-prod-db', 'Second')])
    expect(statSync(at.settings).ino).toBe(ino)
  })

  test.each(['a directory', 'a link', 'a file'])('is refused in place of %s of the user', async (what) => {
    using at = setUp()
    mkdirSync(dirname(at.settings), { recursive: true })
    if (what === 'a directory') mkdirSync(at.settings)
    if (what === 'a link') symlinkSync(join(at.files.root, 'nowhere'), at.settings)
    if (what === 'a file') writeFileSync(at.settings, 'mine')
    await expect(at.write()).rejects.toMatchObject({ code: what === 'a file' ? 'PROFILE_TAKEN' : 'FILE_REFUSED' })
    expect([at.leasing().list(), existsSync(at.directory)]).toEqual([[], false])
    expect(lstatSync(at.settings).isSymbolicLink()).toBe(what === 'a link')
  })

  test('is refused in a directory of its own that somebody made before, for others to read', async () => {
    using at = setUp()
    mkdirSync(at.directory, { recursive: true, mode: 0o755 })
    await expect(at.write()).rejects.toMatchObject({ code: 'FILE_REFUSED' })
    expect(at.files.filesHolding(PLAIN_SECRET)).toEqual([])
  })

  test('stays with its later lease when the earlier one ends', async () => {
    using at = setUp()
    await at.write('g_1', 'First')
    await at.write('g_2', 'Second')
    expect(readOwnMark(readFileSync(at.settings))?.lease).toBe('g_2')
    expect(at.files.filesHolding(`${PLAIN_SECRET}First`)).toEqual([])
  })

  test('that the user has written anew is his: it stays, our secrets in it do not', async () => {
    using at = setUp()
    const sinks = (deps: Parameters<typeof plainFiles>[0]) => [withTokenInSettings(deps)]
    const { home, stateDir } = at.files
    await at.write('g_1', '', createLeasing(leasingDeps({ home, stateDir, clock: at.clock, sinks })))
    writeFileSync(at.settings, `token = ${PLAIN_SECRET}\nmine = 1\n`)
    await at.leasing().wipe(['g_1'], 'revoked')
    expect(readFileSync(at.settings, 'utf8')).toBe(`token = ${' '.repeat(PLAIN_SECRET.length)}\nmine = 1\n`)
  })
})

describe('the mark of such a file', () => {
  test('is found in a comment and in a value', () => {
    const found = { lease: 'g_1', expiresAt: 1_800_000_001 }
    const mark = ownMark('g_1', 1_800_000_000_500)
    expect(readOwnMark(Buffer.from(`# ${mark}\n[a]\n`))).toEqual(found)
    expect(readOwnMark(Buffer.from(JSON.stringify({ jit: mark })))).toEqual(found)
  })

  test('is not that of an entry in a file of the user', () => {
    expect(readOwnMark(Buffer.from('[mine]\n# >>> jit g_1 exp=1800000000 nl=0 >>>\n'))).toBeUndefined()
    expect(readOwnMark(Buffer.from(`${'#'.repeat(5000)}${ownMark('g_1', 0)}`))).toBeUndefined()
  })
})
