/** P10: what a reaper costs that waits, and that none is there when nothing is to be waited for. `node test/bench/reaper.ts [seconds]` */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import { reapersOf } from '../support/reapers.ts'
import { startWorld } from '../support/world.ts'
import { processorTime } from './processor-time.ts'
import type { Missed } from './programs.ts'

const REACH = { cpuPercent: 0.05, memory: 1.3, goneMs: 5000 } as const
/**
 * What a machine with a few times its load holds too. A loop that is busy takes 100 % of a processor, an empty tick every 10 ms 0.7 %;
 * code that a reaper should not load is a tenth of a bare node's memory and more.
 */
const PROMISED = { cpuPercent: 0.3, memory: 1.45, goneMs: 10_000 } as const
const SECONDS = 20
/** Until what a program does at its start is over: five seconds after it the reaper gives memory back. */
const STARTED_MS = 9000
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
    const [reaper = Number.NaN] = reapersOf(alice.home)
    await pause(STARTED_MS)
    const [usedBefore, bareBefore] = [processorTime(reaper), processorTime(bare.pid ?? 0)]
    await pause(seconds * 1000)
    const percent = (used: number): number => (100 * used) / seconds
    const ownCpu = percent(processorTime(reaper) - usedBefore)
    const bareCpu = percent(processorTime(bare.pid ?? 0) - bareBefore)
    const cpu = Math.max(0, ownCpu - bareCpu)
    const memory = memoryOf(reaper) / memoryOf(bare.pid ?? 0)
    await must(alice.jit('revoke', '--all'))
    const revoked = performance.now()
    const left = await eventually(() => reapersOf(alice.home).length, 0, { withinMs: 2 * PROMISED.goneMs })
    const goneMs = performance.now() - revoked
    console.log(
      `P10 reaper, one grant, ${seconds} s: ${cpu.toFixed(1)} % of a processor more than a bare node (reach 0.0; ${ownCpu.toFixed(3)} against ${bareCpu.toFixed(3)}), ${(memoryOf(bare.pid ?? 0) / 1024).toFixed(1)} MiB bare, x${memory.toFixed(2)} (reach x${REACH.memory}); before the first grant ${before}, ${(goneMs / 1000).toFixed(1)} s after the last ${left} (reach 0 and 0)`,
    )
    return [
      ...missed(cpu, 'cpuPercent', `${cpu.toFixed(3)} % of a processor more than a bare node`),
      ...missed(memory, 'memory', `x${memory.toFixed(2)} of a bare node's memory`),
      ...missed(left === 0 ? goneMs : Infinity, 'goneMs', `still there ${goneMs.toFixed(0)} ms after the last grant`),
      ...(before === 0
        ? []
        : [{ sentence: `P10 ${before} running though no lease lived`, promised: true, exact: true as const }]),
    ]
  } finally {
    bare.kill()
    await world.close()
  }
}

function missed(value: number, figure: keyof typeof REACH, sentence: string): readonly Missed[] {
  if (value <= REACH[figure]) return []
  const limits = `reach ${REACH[figure]}, promised ${PROMISED[figure]}`
  return [{ sentence: `P10 ${sentence}: ${limits}`, promised: value > PROMISED[figure] }]
}

/** Resident, in KiB. */
const memoryOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

if (import.meta.main) {
  const all = await measureReaper(Number(process.argv[2] ?? SECONDS))
  for (const { sentence, promised } of all) console.log(`${promised ? 'missed' : 'not reached yet'}: ${sentence}`)
  process.exitCode = all.some(({ promised }) => promised) ? 1 : 0
}
