/**
 * Time of one policy decision with 1,000 targets and 5 policies each (P7: p99 at most 2 ms), and what it costs to start.
 * A shared machine takes the processor away now and then, so the bar is held against the p99 over all targets of each
 * target's median of 15 rounds; the raw p99 stands beside it. Alone: node test/bench/policy.ts
 */
import { loadPolicy } from '../../src/server/policy/load.ts'
import { caller, facts, target } from '../support/policy.ts'
import type { Missed } from './programs.ts'

const TARGETS = 1000
const REACH_MS = 2
const ROUNDS = 15
const names = Array.from({ length: TARGETS }, (_, index) => `target-${index}`)
const targets = names.map((name) => target(name))
const text = names
  .map((name, index) => {
    const here = `resource == Target::"${name}"`
    return `
@id("ask-${name}") @quorum("2") permit(principal in Group::"team-${index % 50}", action == Action::"request", ${here})
when { context.durationSeconds <= 14400 && context.amr.contains("mfa") };
@id("auto-${name}") @maxDuration("15m") permit(principal in Group::"team-${index % 50}", action == Action::"autoApprove", ${here})
when { context.address.isInRange(ip("10.0.0.0/8")) };
@id("approve-${name}") permit(principal in Group::"dba", action == Action::"approve", ${here});
@id("night-${name}") forbid(principal, action == Action::"request", ${here}) when { context.hour < 6 };
@id("oncall-${name}") permit(principal in Group::"oncall", action in [Action::"request", Action::"autoApprove"], ${here});`
  })
  .join('\n')

const groups = Array.from({ length: 200 }, (_, index) => `team-${index}`)
const asker = caller('ana', groups)
const approver = caller('sam', ['dba'])

function timed(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

const at = (samples: readonly number[], share: number): number =>
  samples.toSorted((a, b) => a - b)[Math.min(samples.length - 1, Math.floor(samples.length * share))] ?? 0

/** Prints and returns the p99 of the medians. */
function show(what: string, perTarget: readonly (readonly number[])[]): number {
  const medians = perTarget.map((samples) => at(samples, 0.5))
  const [p50, p99, raw] = [at(medians, 0.5), at(medians, 0.99), at(perTarget.flat(), 0.99)]
  console.log(
    `P7 ${what.padEnd(27)} p50 ${p50.toFixed(3)} ms   p99 ${p99.toFixed(3)} ms   (raw p99 ${raw.toFixed(3)} ms)`,
  )
  return p99
}

/** Prints P7; returns it where it is missed. */
export function measurePolicy(): readonly Missed[] {
  const start = performance.now()
  const policy = loadPolicy({ files: [{ path: 'bench.cedar', text }], targets })
  console.log(
    `P7 start: ${TARGETS * 5} policies read, checked and sliced in ${(performance.now() - start).toFixed(0)} ms`,
  )

  const first: number[] = []
  const judged: number[][] = targets.map(() => [])
  const approved: number[][] = targets.map(() => [])
  for (const each of targets) first.push(timed(() => policy.judge(asker, each, facts(1800))))
  // Another duration each round: the engine answers a question that it was asked before from memory.
  for (let round = 1; round <= ROUNDS; round++)
    for (const [index, each] of targets.entries()) {
      judged[index]?.push(timed(() => policy.judge(asker, each, facts(1800 + round))))
      approved[index]?.push(timed(() => policy.mayApprove(approver, asker.person, each, facts(1800 + round))))
    }

  console.log(
    `P7 first decision for a target p50 ${at(first, 0.5).toFixed(3)} ms   (raw p99 ${at(first, 0.99).toFixed(3)} ms)`,
  )
  const worst = [show('judge', judged), show('mayApprove', approved)]
  const missed = worst.filter((p99) => p99 > REACH_MS)
  return missed.map((p99) => ({ sentence: `P7: p99 ${p99.toFixed(2)} ms, reach ${REACH_MS} ms`, promised: true }))
}

if (import.meta.main) {
  const missed = measurePolicy()
  for (const { sentence } of missed) console.error(`missed: ${sentence}`)
  process.exitCode = missed.length === 0 ? 0 : 1
}
