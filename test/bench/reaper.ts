/** P10: what a reaper costs that waits, and that none is there when nothing is to be waited for. `node test/bench/reaper.ts [seconds]` */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import { reapersOf } from '../support/reapers.ts'
import { startWorld } from '../support/world.ts'
import type { Missed } from './programs.ts'

const REACH = { cpuPercent: 0.05, memory: 1.3, goneMs: 5000 } as const
const SECONDS = 20
/** Until what a program does at its start is over. */
const STARTED_MS = 4000
const NOTHING_TO_DO = 'setInterval(() => {}, 2000)'

/** One grant of a real login, as `jit elevate` leaves it; beside it a bare node with a timer, at the same time. Linux. */
export async function measureReaper(seconds = SECONDS): Promise<readonly Missed[]> {
  const world = await startWorld()
  const bare = spawn(process.execPath, ['-e', NOTHING_TO_DO], { stdio: 'ignore' })
  try {
    const alice = world.person('alice')
    const must = async (running: ReturnType<typeof alice.jit>): Promise<void> => {
      const { code, stderr } = await running
      if (code !== 0) throw new Error(stderr)
    }
    await must(alice.logIn())
    const before = reapersOf(alice.home).length
    await must(alice.jit('elevate', 'staging-db', '--for', '1h', '--reason', 'bench'))
    if ((await eventually(() => reapersOf(alice.home).length, 1)) !== 1) throw new Error('no reaper, or more than one')
    const [reaper = 0] = reapersOf(alice.home)
    await pause(STARTED_MS)
    const [usedBefore, bareBefore] = [secondsOf(reaper), secondsOf(bare.pid ?? 0)]
    await pause(seconds * 1000)
    const percent = (used: number): number => (100 * used) / seconds
    const cpu = percent(secondsOf(reaper) - usedBefore)
    const bareCpu = percent(secondsOf(bare.pid ?? 0) - bareBefore)
    const memory = memoryOf(reaper) / memoryOf(bare.pid ?? 0)
    await must(alice.jit('revoke', '--all'))
    const revoked = performance.now()
    const left = await eventually(() => reapersOf(alice.home).length, 0, { withinMs: 2 * REACH.goneMs })
    const goneMs = performance.now() - revoked
    console.log(
      `P10 reaper, one grant, ${seconds} s: ${cpu.toFixed(1)} % of a processor (reach 0.0; ${cpu.toFixed(3)}, bare node ${bareCpu.toFixed(3)}), ${(memoryOf(bare.pid ?? 0) / 1024).toFixed(1)} MiB bare, x${memory.toFixed(2)} (reach x${REACH.memory}); before the first grant ${before}, ${(goneMs / 1000).toFixed(1)} s after the last ${left} (reach 0 and 0)`,
    )
    const missed = (sentence: string): Missed => ({ sentence: `P10 ${sentence}`, promised: true })
    return [
      ...(cpu < REACH.cpuPercent ? [] : [missed(`${cpu.toFixed(3)} % of a processor, reach 0.0`)]),
      ...(memory <= REACH.memory
        ? []
        : [missed(`x${memory.toFixed(2)} of bare node's memory, reach x${REACH.memory}`)]),
      ...(before === 0 ? [] : [{ ...missed(`${before} running though no lease lived`), exact: true as const }]),
      ...(left === 0 && goneMs <= REACH.goneMs
        ? []
        : [missed(`still there ${goneMs.toFixed(0)} ms after the last grant`)]),
    ]
  } finally {
    bare.kill()
    await world.close()
  }
}

/** Processor time of all threads: by the scheduler's own nanoseconds, a hundredth of a second says too little about an idle process. */
function secondsOf(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((task) =>
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]),
  )
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e9
}

/** Resident, in KiB. */
const memoryOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

if (import.meta.main) {
  const missed = await measureReaper(Number(process.argv[2] ?? SECONDS))
  for (const { sentence } of missed) console.error(`missed: ${sentence}`)
  process.exitCode = missed.length === 0 ? 0 : 1
}
