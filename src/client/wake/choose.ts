import { launchd } from './launchd.ts'
import { systemdUser } from './systemd-user.ts'
import { taskScheduler } from './task-scheduler.ts'
import type { WakeDeps, WakeLayer } from './types.ts'

/** The layer of this system, whether or not its service manager is there. */
export function wakeLayer(platform: NodeJS.Platform, deps: WakeDeps): WakeLayer {
  if (platform === 'darwin') return launchd(deps)
  return platform === 'win32' ? taskScheduler(deps) : systemdUser(deps)
}
