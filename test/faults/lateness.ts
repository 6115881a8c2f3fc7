import { setTimeout as pause } from 'node:timers/promises'
import { type Figure, type Form, isMissed } from './figure.ts'
import { lateAtPrompts } from './lateness-prompt.ts'
import { lateUnderScheduler } from './lateness-scheduler.ts'
import { RealHome } from './real-home.ts'
import { type Reaper, startReaper, watchSecrets } from './watched-home.ts'

/** BARS R7. */
const LATE_MS = 2000
const SERIES = 3
const HOMES = 3
const LEASES: Readonly<Record<Form, number>> = { short: 18, long: 90 }
/** So many end at one moment, as the grants of one `jit elevate a b c` do. */
const TOGETHER = 3
/** Writing one lease waits 100 ms for foreign writers. */
const WRITING_MS = 400
const GAP_MS = 600
/** The boot clock is written down in whole seconds, the earlier one. */
const EARLY_MS = 1100

/** R7: how much later than its lease a secret is gone, with each of the triggers alone. */
export async function lateness(form: Form): Promise<readonly Figure[]> {
  const parts = [lateWithReaper(form), sleepyReaper(), lateUnderScheduler(form), lateAtPrompts()]
  return (await Promise.all(parts)).flat()
}

/** The noise of a shared machine only ever adds, and a slower program is slower every time: what was missed is tried again. */
async function lateWithReaper(form: Form): Promise<Figure> {
  let figure = await oneSeries(form)
  for (let series = 1; series < SERIES && isMissed(figure); series++) figure = await oneSeries(form)
  return figure
}

async function oneSeries(form: Form): Promise<Figure> {
  const many = LEASES[form]
  const late = (await Promise.all(Array.from({ length: HOMES }, () => reapedHome(many))))
    .flat()
    .toSorted((a, b) => a - b)
  const p99 = late[Math.ceil(late.length * 0.99) - 1] ?? Number.NaN
  const found = [
    ...(p99 <= LATE_MS ? [] : [`p99 ${Math.round(p99)} ms after the end of the lease, reach ${LATE_MS}`]),
    ...late.filter((ms) => ms < -EARLY_MS).map((ms) => `wiped ${Math.round(-ms)} ms before the end`),
  ]
  const median = late[late.length >> 1] ?? Number.NaN
  const what = `reaper: gone after the end, median ${Math.round(median)} ms, p99 ${Math.round(p99)} ms`
  return { row: 'R7', what, count: late.length, least: HOMES * many, found }
}

/** One home, one reaper of the built program, many leases; how late each was. */
async function reapedHome(leases: number): Promise<readonly number[]> {
  using at = new RealHome('disk')
  const watched = watchSecrets(at)
  const start = Date.now()
  let reaper: Reaper | undefined
  for (let index = 0; index < leases; index++) {
    const step = index - (index % TOGETHER)
    await watched.write(`L${String(index).padStart(3, '0')}`, start + WRITING_MS * leases + GAP_MS * step)
    reaper ??= startReaper(at)
  }
  const late = await watched.allGone(LATE_MS * 10)
  await reaper?.ended // it leaves by itself
  return late
}

/** The counter-proof: a reaper that is held up must be seen to be late, and without any the secret must stay. */
async function sleepyReaper(): Promise<Figure> {
  const found: string[] = []
  using held = new RealHome('disk')
  using alone = new RealHome('disk')
  const watched = watchSecrets(held)
  const end = Date.now() + 2500
  await Promise.all([watched.write('HELD', end), alone.elevate(2500)])
  const reaper = startReaper(held)
  reaper.child.kill('SIGSTOP')
  await pause(end + LATE_MS + 500 - Date.now())
  if (!alone.holdsSecret()) found.push('without a reaper it went too')
  reaper.child.kill('SIGCONT')
  const [late = 0] = await watched.allGone(LATE_MS * 10)
  if (late <= LATE_MS)
    found.push(`a reaper that stood still until ${LATE_MS + 500} ms after the end looked like ${late} ms`)
  await reaper.ended
  return { row: 'R7', what: 'counter-proofs: a reaper held up, none at all', count: 2, least: 2, found }
}
