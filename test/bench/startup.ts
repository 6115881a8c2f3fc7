/** Interleaved whole-process timings, as ratios to `node -e 0` in the same run: machines are noisy, so absolute times say little. */
import { spawnSync } from 'node:child_process'

export type Candidate = {
  readonly name: string
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly limit?: number
  readonly before?: () => void
}
export type Timing = {
  readonly name: string
  readonly medianMs: number
  readonly p90Ms: number
  readonly ratio: number
  readonly limit?: number
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN

/** Runs every candidate once per round, so that a slow moment of the machine hits all of them. The first round only warms up. */
export function compare(baseline: Candidate, candidates: readonly Candidate[], rounds: number): readonly Timing[] {
  const all = [baseline, ...candidates]
  const times = all.map((): number[] => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { name, argv, env, before }] of all.entries()) {
      before?.()
      const start = process.hrtime.bigint()
      const run = spawnSync(argv[0] ?? '', argv.slice(1), {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const ms = Number(process.hrtime.bigint() - start) / 1e6
      if (run.status !== 0) throw new Error(`${name} exited ${run.status}: ${run.stderr.toString()}`)
      if (round > 0) times[index]?.push(ms)
    }
  }
  const sorted = times.map((each) => each.toSorted((a, b) => a - b))
  const base = quantile(sorted[0] ?? [], 0.5)
  return all.map(({ name, limit }, index) => {
    const own = sorted[index] ?? []
    const medianMs = quantile(own, 0.5)
    return { name, medianMs, p90Ms: quantile(own, 0.9), ratio: medianMs / base, ...(limit !== undefined && { limit }) }
  })
}

export function print(timings: readonly Timing[]): void {
  for (const { name, medianMs, p90Ms, ratio, limit } of timings)
    console.log(
      `${name.padEnd(44)} ${medianMs.toFixed(1).padStart(8)} ms  p90 ${p90Ms.toFixed(1).padStart(8)} ms  x${ratio.toFixed(2)}${limit === undefined ? '' : `  (reach x${limit}${ratio <= limit ? '' : ', MISSED'})`}`,
    )
}
