import { setTimeout as pause } from 'node:timers/promises'
import { bestOfSeries, type Figure, type Form } from './figure.ts'
import { lateAtPrompts } from './lateness-prompt.ts'
import { lateUnderScheduler } from './lateness-scheduler.ts'
import { RealHome } from './real-home.ts'
import { type Reaper, startReaper, watchSecrets } from './watched-home.ts'

/** BARS R7. */
const LATE_MS = 2000
/** A secret that is there for so long is left, not late. */
const LEFT_MS = 10 * LATE_MS
const HOMES = 3
const LEASES: Readonly<Record<Form, number>> = { short: 18, long: 90 }
/** So many end at one moment, as the grants of one `jit elevate a b c` do. */
const TOGETHER = 3
/** Writing one lease waits 100 ms for foreign writers. */
const WRITING_MS = 400
const GAP_MS = 600
const HELD_MS = 5000
/** The boot clock is written down in whole seconds, the earlier one. */
const EARLY_MS = 1100

/** R7: how much later than its lease a secret is gone, with each of the triggers alone. */
export async function lateness(form: Form): Promise<readonly Figure[]> {
  const parts = [
    bestOfSeries(() => oneSeries(form)),
    sleepyReaper(),
    bestOfSeries(() => lateUnderScheduler(form)),
    bestOfSeries(lateAtPrompts),
  ]
  return Promise.all(parts)
}

async function oneSeries(form: Form): Promise<Figure> {
  const many = LEASES[form]
  const late = (await Promise.all(Array.from({ length: HOMES }, () => reapedHome(many))))
    .flat()
    .toSorted((a, b) => a - b)
  const p99 = late[Math.ceil(late.length * 0.99) - 1] ?? Number.NaN
  const tooLate = p99 <= LATE_MS ? [] : [`p99 ${Math.round(p99)} ms after the end of the lease, reach ${LATE_MS}`]
  const wrong = [
    ...late.filter((ms) => ms < -EARLY_MS).map((ms) => `wiped ${Math.round(-ms)} ms before the end`),
    ...late.filter((ms) => ms >= LEFT_MS).map((ms) => `left for ${Math.round(ms)} ms`),
  ]
  const median = late[late.length >> 1] ?? Number.NaN
  const what = `reaper: gone after the end, median ${Math.round(median)} ms, p99 ${Math.round(p99)} ms`
  const found = [...tooLate, ...wrong]
  return { row: 'R7', what, count: late.length, least: HOMES * many, found, isOnlyLate: wrong.length === 0 }
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
  const late = await watched.allGone(LEFT_MS)
  await reaper?.ended // it leaves by itself
  return late
}

/** The counter-proof: a reaper that is held up must be seen to be late, and without any the secret must stay. */
async function sleepyReaper(): Promise<Figure> {
  const found: string[] = []
  using held = new RealHome('disk')
  using alone = new RealHome('disk')
  const watched = watchSecrets(held)
  const end = Date.now() + HELD_MS
  await Promise.all([watched.write('HELD', end), alone.elevate(HELD_MS)])
  const reaper = startReaper(held)
  reaper.child.kill('SIGSTOP')
  await pause(end + LATE_MS + 500 - Date.now())
  if (!alone.holdsSecret()) found.push('without a reaper it went too')
  reaper.child.kill('SIGCONT')
  const [late = 0] = await watched.allGone(LEFT_MS)
  if (late <= LATE_MS)
    found.push(`a reaper that stood still until ${LATE_MS + 500} ms after the end looked like ${late} ms`)
  await reaper.ended
  return { row: 'R7', what: 'counter-proofs: a reaper held up, none at all', count: 2, least: 2, found }
}
