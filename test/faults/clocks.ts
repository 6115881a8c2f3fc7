import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/platform/clock.ts'
import type { Figure } from './figure.ts'
import { RealHome } from './real-home.ts'
import { JIT, missing } from './tools.ts'

const HOUR_MS = 3_600_000
const TTL_MS = 1500
/** BARS R7: a reaper may be this late. */
const LATE_MS = 2000
// Timers follow the monotonic clock, which nobody can set.
const fake = (time: string): readonly string[] => ['env', 'FAKETIME_DONT_FAKE_MONOTONIC=1', 'faketime', '-f', time]
const BACK = fake('-7200s')
const FORWARD = fake('+7200s')
const FROZEN = fake('2026-01-01 00:00:00') // without an @: stands still
const SUSPENDED = ['unshare', '--time', '--boottime', '7200', '--fork']

type Check = () => Promise<readonly string[]>

/** R8 as far as it needs no real suspend: the built program under clocks that lie. */
export async function clocks(): Promise<readonly Figure[]> {
  return [
    await figure('clock set back, forward, or stopped', missing(['faketime', '-f', '+1s', 'true']), [
      async () => moves('-2 h', BACK, -2 * HOUR_MS),
      async () => moves('+2 h', FORWARD, 2 * HOUR_MS),
      async () => stands(FROZEN),
      () => sweptAfterTtl('set back 2 h', BACK),
      () => sweptAfterTtl('stopped', FROZEN),
      () => sweptAtOnce('set forward 2 h', FORWARD),
      () => reaped('set back 2 h', BACK),
      () => reaped('stopped', FROZEN),
      staysWhileAlive,
    ]),
    await figure('two hours asleep (boot clock of a time namespace)', missing([...SUSPENDED, 'true']), [
      () => sweptAtOnce('asleep for 2 h', SUSPENDED),
      () => sweptAtOnce('asleep for 2 h and set back 2 h', [...BACK, ...SUSPENDED]),
    ]),
  ]
}

async function figure(what: string, notRun: string | undefined, checks: readonly Check[]): Promise<Figure> {
  const least = checks.length
  if (notRun !== undefined) return { row: 'R8', what, count: 0, least, found: [], notRun }
  const found: string[] = []
  for (const check of checks) found.push(...(await check()))
  return { row: 'R8', what, count: checks.length, least, found }
}

/** Proves that the program sees the false time at all. */
function moves(name: string, prefix: readonly string[], byMs: number): readonly string[] {
  const seen = timesUnder(prefix)[0] ?? 0
  return Math.abs(seen - Date.now() - byMs) < 60_000 ? [] : [`${name}: the program saw ${new Date(seen).toISOString()}`]
}

function stands(prefix: readonly string[]): readonly string[] {
  const [from, to] = timesUnder(prefix)
  return from !== undefined && to !== undefined && to - from <= 1 ? [] : [`stopped: the program saw ${from} and ${to}`]
}

function timesUnder(prefix: readonly string[]): readonly number[] {
  const print = 'const from = Date.now(); setTimeout(() => console.log(JSON.stringify([from, Date.now()])), 100)'
  const [file, ...rest] = [...prefix, process.execPath, '-e', print] as const
  const times: unknown = JSON.parse(spawnSync(file, rest, { encoding: 'utf8' }).stdout)
  return Array.isArray(times) ? times.map(Number) : []
}

async function sweptAfterTtl(name: string, prefix: readonly string[]): Promise<readonly string[]> {
  using at = new RealHome()
  await at.elevate(TTL_MS)
  await sleep(TTL_MS)
  const { stderr } = at.jit(['sweep'], prefix)
  return at.holdsSecret() ? [`${name}: still there after the TTL: ${stderr}`] : []
}

async function sweptAtOnce(name: string, prefix: readonly string[]): Promise<readonly string[]> {
  using at = new RealHome()
  await at.elevate(HOUR_MS)
  const { stderr } = at.jit(['sweep'], prefix)
  return at.holdsSecret() ? [`${name}: still there: ${stderr}`] : []
}

/** The counter-proof: under the true clock the same sweep leaves a lease that lives. */
async function staysWhileAlive(): Promise<readonly string[]> {
  using at = new RealHome()
  await at.elevate(HOUR_MS)
  at.jit(['sweep'])
  return at.holdsSecret() ? [] : ['the true clock: wiped a lease that lives']
}

async function reaped(name: string, prefix: readonly string[]): Promise<readonly string[]> {
  using at = new RealHome()
  const start = systemClock.bootSeconds()
  await at.elevate(TTL_MS)
  const [file, ...rest] = [...prefix, process.execPath, JIT, 'reap'] as const
  const reaper = spawn(file, rest, { env: { ...at.env }, stdio: 'ignore' })
  const ended = once(reaper, 'exit')
  const lastMs = TTL_MS + LATE_MS + 1000 // the time of writing, and of finding out
  const passed = (): number => (systemClock.bootSeconds() - start) * 1000
  while (at.holdsSecret() && passed() < 2 * lastMs) await sleep(20)
  const took = passed()
  reaper.kill()
  await ended
  // The boot clock is written down in whole seconds, the earlier one.
  if (took < TTL_MS - 1000)
    return [`${name}: the reaper ended it after ${took} ms already, so the lie was not believed`]
  return took > lastMs ? [`${name}: the reaper took ${Math.round(took)} ms of ${TTL_MS}`] : []
}
