import { isAbsolute, join } from 'node:path'
import { attempt, ifExists, removeFile } from '../../platform/durable.ts'
import { shortHash } from '../../platform/machine.ts'
import { ask, tell } from './manager.ts'
import { putOwn, readOwn, removeOwn } from './own-file.ts'
import { serviceUnit, timerUnit } from './systemd-units.ts'
import type { WakeDeps, WakeLayer } from './types.ts'

/** A calendar timer of the user's own systemd. */
export function systemdUser(deps: WakeDeps): WakeLayer {
  const { fs, env, root } = deps
  const name = `jit-sweep-${shortHash(root)}`
  const timer = `${name}.timer`
  const directory = unitDirectory(deps)
  const files = { service: join(directory, `${name}.service`), timer: join(directory, timer) }
  const systemctl = (...args: readonly string[]) => ask(deps, 'systemctl', '--user', ...args)
  const mustDo = (...args: readonly string[]) => tell(deps, 'systemctl', '--user', ...args)
  const removeFiles = (): boolean => {
    const removed = [files.timer, files.service].map((file) => removeOwn(fs, file))
    // what `disable` takes away, where there is no manager that could be asked to
    const wanted = join(directory, 'timers.target.wants', timer)
    attempt(() => void (fs.lstat(wanted).kind === 'symlink' && removeFile(fs, wanted)))
    return removed.includes(true)
  }
  const isThere = async (): Promise<boolean> => readOwn(fs, files.timer) !== undefined
  return {
    name: 'systemd user timer',
    describe: () =>
      `${timer} sweeps every minute while you are logged in; also when you are not: loginctl enable-linger`,
    isAvailable: () => {
      const runtime = env['XDG_RUNTIME_DIR']
      if (runtime === undefined || !isAbsolute(runtime) || !deps.isOnPath('systemctl')) return false
      return ifExists(() => fs.stat(join(runtime, 'systemd', 'private'))) !== undefined
    },
    install: async (program) => {
      const before = await isThere() // both files are ours or none is touched
      putOwn(fs, files.service, serviceUnit(program, root))
      putOwn(fs, files.timer, timerUnit())
      try {
        await mustDo('daemon-reload')
        await mustDo('enable', '--quiet', timer)
        await mustDo('restart', timer)
      } catch (error) {
        if (!before) {
          await systemctl('disable', '--now', '--quiet', timer)
          removeFiles()
        }
        throw error
      }
    },
    isInstalled: async (program) => {
      const same = readOwn(fs, files.service) === serviceUnit(program, root) && readOwn(fs, files.timer) === timerUnit()
      return same && (await systemctl('is-active', '--quiet', timer)).code === 0
    },
    isThere,
    remove: async () => {
      if (!(await isThere()) && readOwn(fs, files.service) === undefined) return false
      await systemctl('disable', '--now', '--quiet', timer)
      await systemctl('clean', '--what=state', timer) // when it last elapsed
      const removed = removeFiles()
      await systemctl('daemon-reload')
      return removed
    },
  }
}

function unitDirectory({ env, home }: Pick<WakeDeps, 'env' | 'home'>): string {
  const own = env['XDG_CONFIG_HOME']
  return join(own !== undefined && isAbsolute(own) ? own : join(home, '.config'), 'systemd', 'user')
}
