import type { Lease } from '../client/leases/types.ts'
import { systemClock } from '../platform/clock.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { runToEnd } from '../platform/processes.ts'
import type { Host } from './host.ts'
import type { Installation } from './installation.ts'

const NOTIFIER_MS = 10_000
type Ticking = { tick(leases: readonly Lease[]): void }
const NEVER: Ticking = { tick: () => undefined }

/** What the reaper does for `JIT_NOTICE`; nothing where that is off, or says nothing that is understood. Loads what it takes only where it is on. */
export async function noticing({ process: { env, platform } }: Host, { places, root }: Installation): Promise<Ticking> {
  try {
    const { noticeMs } = await import('./notice-time.ts')
    const beforeMs = noticeMs(env, places.config)
    if (beforeMs === undefined) return NEVER
    const [{ notices }, { noticeProgram }] = await Promise.all([
      import('../client/notices.ts'),
      import('../platform/desktop-notice.ts'),
    ])
    const show: Parameters<typeof notices>[0]['show'] = (notice) =>
      runToEnd(noticeProgram(notice, platform, env), NOTIFIER_MS)
    return notices({ beforeMs, show, fs: nodeFileSystem, root, clock: systemClock })
  } catch {
    return NEVER // a wipe does not depend on it, and `jit doctor` says what is wrong
  }
}
