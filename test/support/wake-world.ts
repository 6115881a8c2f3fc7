import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { wakeLayer } from '../../src/client/wake/choose.ts'
import type { WakeLayer } from '../../src/client/wake/types.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import { isInstalled, type Program, runToEnd } from '../../src/platform/processes.ts'
import { type FakeManager, fakeLaunchd, fakeSystemd, fakeTaskScheduler } from './fake-managers.ts'
import { tempDirectory } from './temp-directory.ts'

export type WakeWorld = Disposable & {
  readonly home: string
  readonly root: string
  readonly manager: FakeManager
  readonly layer: WakeLayer
  readonly program: Program
}

/** A machine whose service manager is a script that behaves like the real one. */
export function wakeWorld(platform: 'linux' | 'darwin' | 'win32', { hasGui = true } = {}): WakeWorld {
  const made = tempDirectory()
  const { path } = made
  const [home, root, runtime] = [join(path, 'home'), join(path, 'state', 'machine'), join(path, 'run')]
  for (const directory of [home, root, runtime]) mkdirSync(directory, { recursive: true })
  const directory = join(path, 'manager')
  const manager =
    platform === 'linux'
      ? fakeSystemd(directory, { home, runtime })
      : platform === 'darwin'
        ? fakeLaunchd(directory, { hasGui })
        : fakeTaskScheduler(directory)
  const env = {
    PATH: `${manager.bin}:/usr/bin:/bin`,
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    AWS_SECRET_ACCESS_KEY: 'no',
  }
  const isOnPath = (program: string): boolean => isInstalled(program, env, 'linux')
  const layer = wakeLayer(platform, { fs: nodeFileSystem, run: runToEnd, env, home, root, uid: 501, isOnPath })
  const program = {
    file: process.execPath,
    args: [join(path, "it's a <jit> & 100%.js"), 'sweep'],
    env: { JIT_STATE_DIR: join(path, 'state'), JIT_KEY_STORE: 'keyutils' },
  }
  return { home, root, manager, layer, program, [Symbol.dispose]: () => made.remove() }
}
