import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../../src/platform/clock.ts'
import { awsDelivery, newLease } from '../support/aws-lease.ts'
import type { RealHome } from './real-home.ts'
import { JIT } from './tools.ts'

const LOOK_MS = 10

export type Reaper = { readonly child: ReturnType<typeof spawn>; readonly ended: Promise<unknown> }

/** As `jit elevate` starts it. */
export function startReaper(at: RealHome, env: Readonly<Record<string, string>> = {}): Reaper {
  const child = spawn(process.execPath, ['--jitless', JIT, 'reap'], { env: { ...at.env, ...env }, stdio: 'ignore' })
  return { child, ended: once(child, 'exit') }
}

/** Writes leases into the one credentials file of a home, and looks all the time which are still in it. */
export function watchSecrets(at: RealHome) {
  const leasing = at.leasing()
  const ends = new Map<string, number>()
  const late: number[] = []
  const look = (): void => {
    const text = at.files.text() ?? ''
    for (const [mark, end] of ends)
      if (!text.includes(mark)) {
        late.push(Date.now() - end)
        ends.delete(mark)
      }
  }
  return {
    async write(mark: string, endsAt: number): Promise<void> {
      const lease = newLease(systemClock, `g_${mark}`, mark.toLowerCase(), endsAt - systemClock.now())
      await leasing.write(lease, awsDelivery(`jit-${mark}`, mark))
      if (at.files.text()?.includes(mark) !== true)
        throw new Error(`${mark} was not written, so nothing would be proved.`)
      ends.set(mark, lease.endsAt)
    },
    /** How late each was; those that outstay `mostMs` count as that late. */
    async allGone(mostMs: number): Promise<readonly number[]> {
      const last = Math.max(...ends.values()) + mostMs
      while (ends.size > 0 && Date.now() < last) {
        look()
        await pause(LOOK_MS)
      }
      return [...late, ...[...ends.values()].map(() => mostMs)]
    },
  }
}
