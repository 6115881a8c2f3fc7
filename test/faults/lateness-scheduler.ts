import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { canRunSystemd, startSystemd } from '../support/real-systemd.ts'
import type { Figure, Form } from './figure.ts'
import { RealHome } from './real-home.ts'
import { startReaper, watchSecrets } from './watched-home.ts'

/** BARS R7. */
const LATE_MS = 65_000
/** A secret that is there for so long is left, not late. */
const LEFT_MS = 2 * LATE_MS
const MINUTE_MS = 60_000
/** The timer runs every minute: leases that end all over one meet every wait there is. */
const LEASES: Readonly<Record<Form, number>> = { short: 12, long: 60 }
const UNTIL_FIRST_MS = 10_000
/** Nothing else may have wiped: what a timer of a minute wipes is later than this at least once. */
const TIMER_MS = 10_000

/** The reaper sets systemd's timer up, is killed, and systemd is all that there is. */
export async function lateUnderScheduler(form: Form): Promise<Figure> {
  const least = LEASES[form]
  const notRun = (await canRunSystemd())
    ? undefined
    : 'no systemd user manager can be started here (needs root and unshare)'
  if (notRun !== undefined)
    return { row: 'R7', what: 'reaper killed, systemd timer alone', count: 0, least, found: [], notRun }
  using at = new RealHome('disk')
  const runtime = join(at.files.home, '.run')
  const systemd = await startSystemd({ home: at.files.home, runtime })
  try {
    const watched = watchSecrets(at)
    const start = Date.now() + UNTIL_FIRST_MS
    const env = { XDG_RUNTIME_DIR: runtime }
    await watched.write('N000', start)
    const reaper = startReaper(at, env)
    const isActive = (): boolean => timers(at, env).includes('jit-sweep-')
    const isSetUp = await eventually(isActive, true, { everyMs: 200, withinMs: UNTIL_FIRST_MS })
    reaper.child.kill('SIGKILL')
    await reaper.ended
    if (!isSetUp) {
      const found = [`no timer ${UNTIL_FIRST_MS} ms after the start of the reaper`]
      return { row: 'R7', what: 'reaper killed, systemd timer alone', count: 0, least, found, isOnlyLate: true }
    }
    for (let index = 1; index < least; index++)
      await watched.write(`N${String(index).padStart(3, '0')}`, start + (index * MINUTE_MS) / least)
    const late = await watched.allGone(LEFT_MS)
    const most = Math.max(...late)
    const isOnlyLate = most > TIMER_MS && most < LEFT_MS
    const found = [
      ...late.filter((ms) => ms > LATE_MS).map((ms) => `${ms} ms after the end of the lease, reach ${LATE_MS}`),
      ...(most > TIMER_MS ? [] : [`never later than ${most} ms, so something else wiped`]),
    ]
    const what = `reaper killed, systemd timer alone: gone at most ${(most / 1000).toFixed(1)} s after the end`
    return { row: 'R7', what, count: late.length, least, found, isOnlyLate }
  } finally {
    await systemd.close()
  }
}

const timers = (at: RealHome, env: Readonly<Record<string, string>>): string =>
  spawnSync('systemctl', ['--user', 'list-timers', '--no-legend'], { env: { ...at.env, ...env }, encoding: 'utf8' })
    .stdout
