import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { createLeasing } from '../../../../src/client/leasing.ts'
import { type FileSystem, nodeFileSystem } from '../../../../src/platform/files.ts'
import { newLease } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { leasingDeps } from '../../../support/leasing-deps.ts'
import { plainDelivery, plainFiles } from '../../../support/plain-sinks.ts'
import { TempHome } from '../../../support/temp-home.ts'

/** A client has left a directory in the private one that takes no removals; those who are not root are told EACCES. */
async function setUp(isStubborn: (directory: string) => boolean) {
  const files = new TempHome()
  const clock = new FakeClock(Date.now() + 60_000)
  const fs: FileSystem = {
    ...nodeFileSystem,
    unlink: (path) => {
      if (isStubborn(dirname(path))) throw Object.assign(new Error('EACCES'), { code: 'EACCES', syscall: 'unlink' })
      nodeFileSystem.unlink(path)
    },
  }
  const { home, stateDir } = files
  const leasing = createLeasing(leasingDeps({ home, stateDir, clock, fs, sinks: (deps) => [plainFiles(deps)] }))
  const lease = await leasing.write(newLease(clock), [plainDelivery('jit-prod-db')])
  const token = lease.places.find(({ path }) => path.endsWith('token'))?.path ?? ''
  const cache = join(dirname(dirname(token)), 'a-cache')
  mkdirSync(cache)
  writeFileSync(join(cache, 'a'), 'x')
  chmodSync(cache, 0o555)
  return { files, leasing, token, cache, [Symbol.dispose]: () => files[Symbol.dispose]() }
}

test('a directory that a client has made read-only goes all the same', async () => {
  using at = await setUp(
    (directory) => basename(directory) === 'a-cache' && (nodeFileSystem.stat(directory).mode & 0o200) === 0,
  )
  expect(await at.leasing.wipe(['g_1'], 'revoked')).toMatchObject([{ wiped: true }])
  expect(existsSync(at.cache)).toBe(false)
})

test('one that cannot be emptied saves nothing else, and the lease is tried again', async () => {
  using at = await setUp((directory) => basename(directory) === 'a-cache')
  expect(await at.leasing.wipe(['g_1'], 'revoked')).toMatchObject([{ wiped: false }])
  expect([existsSync(at.cache), existsSync(at.token)]).toEqual([true, false])
  expect(at.leasing.list()).toMatchObject([{ state: 'stuck' }])
})
