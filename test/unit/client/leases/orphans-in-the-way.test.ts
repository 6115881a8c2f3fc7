import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeFileSystem, type FileSystem } from '../../../../src/platform/files.ts'
import { leasingIn } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { TempHome } from '../../../support/temp-home.ts'

/** A private directory of a lease that is lost and over. */
function setUp() {
  const home = new TempHome()
  home.put('[default]\nregion = a\n')
  const secret = join(home.stateDir, 'run', 'grants', 'g_lost.5', 'token')
  home.put('SECRET', 0o600, secret)
  const sweepOver = (fs: FileSystem = nodeFileSystem) => leasingIn(home, new FakeClock(Date.now()), fs).sweep()
  return { home, secret, sweepOver, [Symbol.dispose]: () => home[Symbol.dispose]() }
}

test('a link that looks like a configuration of jit keeps no secret from its end', async () => {
  using at = setUp()
  const configurations = join(at.home.home, '.config', 'gcloud', 'configurations')
  mkdirSync(configurations, { recursive: true })
  const theirs = join(at.home.home, 'kept-elsewhere')
  writeFileSync(theirs, '[jit]\nmark = jit old exp=5\n')
  symlinkSync(theirs, join(configurations, 'config_x'))

  expect(await at.sweepOver()).toMatchObject([{ lease: 'g_lost', wiped: true }])
  expect([existsSync(at.secret), existsSync(theirs)]).toEqual([false, true])
})

test('a file that cannot be searched keeps no secret elsewhere from its end, and is told of', async () => {
  using at = setUp()
  const open: FileSystem['open'] = (path, how, mode) => {
    if (path === at.home.credentials) throw Object.assign(new Error('EACCES'), { code: 'EACCES', syscall: 'open' })
    return nodeFileSystem.open(path, how, mode)
  }
  await expect(at.sweepOver({ ...nodeFileSystem, open })).rejects.toMatchObject({ code: 'WRITE_FAILED' })
  expect(existsSync(at.secret)).toBe(false)
})
