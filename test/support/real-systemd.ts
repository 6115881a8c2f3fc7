import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { tempDirectory } from './temp-directory.ts'

const SYSTEMD = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'].find((path) => existsSync(path)) ?? ''

export type RealSystemd = { close(): Promise<void> }

/**
 * systemd's own user manager, with a `/run` of its own: there is none on machines that were not booted with systemd, and it looks
 * at one directory to know. Its socket lies in `runtime`, so `systemctl --user` reaches it from outside. Needs root.
 */
export async function startSystemd({ home, runtime }: { home: string; runtime: string }): Promise<RealSystemd> {
  mkdirSync(runtime, { recursive: true, mode: 0o700 })
  const booted = `mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && exec "$0" --user --log-target=null`
  const env = { PATH: process.env['PATH'], HOME: home, XDG_RUNTIME_DIR: runtime }
  const manager = spawn('unshare', ['-m', 'sh', '-c', booted, SYSTEMD], { env, stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => manager.once('exit', () => resolve()))
  const isUp = () => spawnSync('systemctl', ['--user', 'list-units'], { env }).status === 0
  const close = async (): Promise<void> => {
    manager.kill('SIGTERM') // it ends what it has started, then itself
    await ended
  }
  if (await eventually(isUp, true, { withinMs: 20_000 })) return { close }
  await close()
  throw new Error('systemd did not start')
}

/** Whether {@link startSystemd} works on this machine. */
export async function canRunSystemd(): Promise<boolean> {
  if (SYSTEMD === '' || process.getuid?.() !== 0 || spawnSync('unshare', ['-m', 'true']).status !== 0) return false
  const made = tempDirectory()
  try {
    const systemd = await startSystemd({ home: made.path, runtime: join(made.path, 'run') })
    await systemd.close()
    return true
  } catch {
    return false
  } finally {
    made.remove()
  }
}
