import { join } from 'node:path'
import { shortHash } from '../../platform/machine.ts'
import { launchdPlist } from './launchd-plist.ts'
import { ask, tell } from './manager.ts'
import { putOwn, readOwn, removeOwn } from './own-file.ts'
import type { WakeDeps, WakeLayer } from './types.ts'

/** An agent of the user's in macOS. launchctl(1): `gui` is the login at the screen, `user` is there for SSH alone. */
export function launchd(deps: WakeDeps): WakeLayer {
  const { fs, home, uid = 0, root } = deps
  const label = `jit.sweep.${shortHash(root)}`
  const file = join(home, 'Library', 'LaunchAgents', `${label}.plist`)
  const domains = [`gui/${uid}`, `user/${uid}`] as const
  const launchctl = (...args: readonly string[]) => ask(deps, 'launchctl', ...args)
  const isThere = async (): Promise<boolean> => readOwn(fs, file) !== undefined
  const stop = async (): Promise<void> => {
    for (const domain of domains) await launchctl('bootout', `${domain}/${label}`)
  }
  return {
    name: 'launchd agent',
    describe: () => `${label} sweeps every minute while you are logged in, and when this Mac wakes up`,
    isAvailable: () => deps.isOnPath('launchctl'),
    install: async (program) => {
      const before = putOwn(fs, file, launchdPlist(label, program))
      await stop() // an agent that is loaded keeps the words it was loaded with
      const [gui, user] = domains
      await launchctl('enable', `${gui}/${label}`)
      if ((await launchctl('bootstrap', gui, file)).code === 0) return
      try {
        await tell(deps, 'launchctl', 'bootstrap', user, file)
      } catch (error) {
        if (before === undefined) removeOwn(fs, file)
        throw error
      }
    },
    isInstalled: async (program) => {
      if (readOwn(fs, file) !== launchdPlist(label, program)) return false
      for (const domain of domains) if ((await launchctl('print', `${domain}/${label}`)).code === 0) return true
      return false
    },
    isThere,
    remove: async () => {
      if (!(await isThere())) return false
      await stop()
      return removeOwn(fs, file)
    },
  }
}
