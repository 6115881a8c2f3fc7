import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { nodeFileSystem } from '../../../src/platform/files.ts'
import { localRuntime, machinePlaces } from '../../../src/platform/local-directory.ts'
import { tempDirectory } from '../../support/temp-directory.ts'

/** A user id that nobody has, so that what is made in the shared directories of the system is this test's alone. */
const UID = 4_000_000_000 + process.pid

/** `nfs` is a home on a file server; all else is as on the real machine. */
function machine({ uid = process.getuid?.(), hasRuntime = true } = {}) {
  const made = tempDirectory()
  onTestFinished(() => made.remove())
  const [nfs, local] = [join(made.path, 'nfs'), join(made.path, 'local')]
  const places = {
    config: join(nfs, 'config'),
    state: join(nfs, 'state'),
    runtime: hasRuntime ? join(local, 'jit') : join(nfs, 'state', 'run'),
  }
  const root = join(places.state, '0123456789abcdef')
  for (const directory of [root, local]) mkdirSync(directory, { recursive: true, mode: 0o700 })
  const networkOf = (path: string) => (path.startsWith(nfs) ? 'NFS' : undefined)
  return { nfs, local, places, root, deps: { fs: nodeFileSystem, uid, networkOf } }
}
const onLocalDisk = () => undefined

test('on a local disk locks and login stay beside the records, and nothing is made', () => {
  const { deps, places, root, local } = machine()
  const at = machinePlaces({ ...deps, networkOf: onLocalDisk }, root, places)
  expect(at.locks()).toBe(root)
  expect(at.login()).toEqual({ directory: places.state, locks: places.state })
  expect(localRuntime({ ...deps, networkOf: onLocalDisk }, places)).toBe(places.runtime)
  expect(existsSync(join(local, 'jit'))).toBe(false)
})

test('in a networked home locks lie in the runtime directory, private, apart from those of another home', () => {
  const { deps, places, root, local } = machine()
  const at = machinePlaces(deps, root, places)
  const locks = at.locks()
  expect(locks).toMatch(new RegExp(`^${local}/jit/locks/[0-9a-f]{16}$`))
  expect(statSync(locks).mode & 0o777).toBe(0o700)
  expect(machinePlaces(deps, join(places.state, 'fedcba9876543210'), places).locks()).not.toBe(locks)
  expect(at.login()).toEqual({ directory: root, locks })
})

test('a runtime directory that went at logout is made again, and one that cannot be made is replaced', () => {
  const { deps, places, root, local } = machine()
  const { locks } = machinePlaces(deps, root, places)
  const before = locks()
  rmSync(join(local, 'jit'), { recursive: true })
  expect([locks(), existsSync(before)]).toEqual([before, true])
  rmSync(local, { recursive: true })
  const after = locks()
  onTestFinished(() => rmSync(after, { recursive: true }))
  expect(after).toMatch(new RegExp(`^/(?:run/user/\\d+/jit|dev/shm/jit-\\d+|tmp/jit-\\d+)/locks/`))
  expect(existsSync(after)).toBe(true)
})

test('without XDG_RUNTIME_DIR private files of grants do not go to the file server either', () => {
  const { deps, places } = machine({ hasRuntime: false })
  const runtime = localRuntime(deps, places)
  expect(runtime).toMatch(/^\/(?:run\/user\/\d+\/jit|dev\/shm\/jit-\d+|tmp\/jit-\d+)$/)
  expect(localRuntime(deps, { ...places, runtime: join(places.config, 'chosen') })).toBe(join(places.config, 'chosen'))
})

test('a directory that another user has put there first is not taken', () => {
  const { deps, places, root } = machine({ uid: UID, hasRuntime: false })
  const planted = [`/dev/shm/jit-${UID}`, `/tmp/jit-${UID}`]
  for (const directory of planted) {
    mkdirSync(directory)
    chmodSync(directory, 0o777)
    onTestFinished(() => rmSync(directory, { recursive: true }))
  }
  expect(machinePlaces(deps, root, places).locks()).toBe(root)
  expect(localRuntime(deps, places)).toBe(places.runtime)
})
