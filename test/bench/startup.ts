/** Interleaved whole-process timings, as ratios to `node -e 0` in the same run: machines are noisy, so absolute times say little. */
import { spawn } from 'node:child_process'

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
export async function compare(
  baseline: Candidate,
  candidates: readonly Candidate[],
  rounds: number,
): Promise<readonly Timing[]> {
  const all = [baseline, ...candidates]
  const times = all.map((): number[] => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { name, argv, env, before }] of all.entries()) {
      before?.()
      const ms = await timed(name, argv, env)
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

/** Asynchronous: the identity provider and the cloud may live in this very process. */
function timed(name: string, argv: readonly string[], env: Candidate['env']): Promise<number> {
  return new Promise((resolve, reject) => {
    let complaint = ''
    const start = process.hrtime.bigint()
    const child = spawn(argv[0] ?? '', argv.slice(1), { env: { ...env }, stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr.on('data', (part: Buffer) => (complaint += part.toString()))
    child.once('error', reject)
    child.once('exit', (code) => {
      const ms = Number(process.hrtime.bigint() - start) / 1e6
      if (code === 0) resolve(ms)
      else reject(new Error(`${name} exited ${code}: ${complaint}`))
    })
  })
}

export function print(timings: readonly Timing[]): void {
  for (const { name, medianMs, p90Ms, ratio, limit } of timings)
    console.log(
      `${name.padEnd(44)} ${medianMs.toFixed(1).padStart(8)} ms  p90 ${p90Ms.toFixed(1).padStart(8)} ms  x${ratio.toFixed(2)}${limit === undefined ? '' : `  (reach x${limit}${ratio <= limit ? '' : ', MISSED'})`}`,
    )
}
