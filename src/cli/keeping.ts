import { wakeLayer } from '../client/wake/choose.ts'
import type { Keeping } from '../client/wake/keep.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { isInstalled, runToEnd } from '../platform/processes.ts'
import { scheduled } from './background.ts'
import type { Host } from './host.ts'
import type { Installation } from './installation.ts'

/** The service manager of this system, and what it is to start. */
export function keeping(host: Host, { places, root }: Pick<Installation, 'places' | 'root'>): Keeping {
  const { env, platform } = host.process
  const uid = host.process.getuid?.()
  const layer = wakeLayer(platform, {
    fs: nodeFileSystem,
    run: runToEnd,
    env,
    home: host.home,
    root,
    isOnPath: (program) => isInstalled(program, env, platform),
    ...(uid === undefined ? {} : { uid }),
  })
  return { layer, program: scheduled(host, places), fs: nodeFileSystem, root }
}
