import { NEXT_DUE } from '../../src/client/leases/due.ts'
import { PROMPT_HINT } from '../../src/client/leases/prompt-hint.ts'
import { Disk, type Operation } from './disk.ts'
import type { Logged, VolatileFiles } from './volatile-files.ts'

/** The disks that a power loss at `moment` may leave: what is durable, and any part of the rest, its data whole or torn. */
export function* statesAt({ start, log }: VolatileFiles, moment: number, choices: number): Iterable<Disk> {
  const done = log.filter(({ at }) => at <= moment)
  const groups = grouped(done.filter(({ durableAt }) => durableAt > moment))
  const seen = new Set<string>()
  for (const kept of subsets(groups, choices, moment))
    for (const torn of [false, true]) {
      const disk = new Disk(start.inodes)
      for (const each of done) {
        if (each.durableAt <= moment) disk.apply(each.operation, each.timeNs)
        else if (kept.has(each)) disk.apply(torn ? half(each.operation) : each.operation, each.timeNs)
      }
      const key = fingerprint(disk)
      if (!seen.has(key)) yield disk
      seen.add(key)
    }
}

/** The hints for starts of jit and for prompts are never synced; they count as one. */
function grouped(volatile: readonly Logged[]): readonly (readonly Logged[])[] {
  const hints = new Set(
    volatile.flatMap(({ operation }) => (isHint(operation) && 'inode' in operation ? [operation.inode] : [])),
  )
  const isOfHint = ({ operation }: Logged): boolean =>
    isHint(operation) || ('inode' in operation && hints.has(operation.inode))
  const hint = volatile.filter(isOfHint)
  const others = volatile.filter((each) => !isOfHint(each)).map((each) => [each])
  return hint.length === 0 ? others : [...others, hint]
}

function isHint(operation: Operation): boolean {
  const name = operation.do === 'rename' ? operation.from : 'name' in operation ? operation.name : ''
  return [NEXT_DUE, PROMPT_HINT].some((hint) => name.startsWith(hint))
}

function* subsets(
  groups: readonly (readonly Logged[])[],
  choices: number,
  seed: number,
): Iterable<ReadonlySet<Logged>> {
  const pick = (isIn: (index: number) => boolean): ReadonlySet<Logged> =>
    new Set(groups.filter((_group, index) => isIn(index)).flat())
  if (2 ** groups.length <= choices) {
    for (let mask = 0; mask < 2 ** groups.length; mask++) yield pick((index) => ((mask >> index) & 1) === 1)
    return
  }
  for (const [cut] of groups.entries()) {
    yield pick((index) => index < cut)
    if (choices >= groups.length ** 2) yield pick((index) => index !== cut)
  }
  const random = randomBits(seed)
  for (let chosen = 0; chosen < choices; chosen++) yield pick(() => random())
}

/** Numerical Recipes' LCG: the same states in each run. */
function randomBits(seed: number): () => boolean {
  let state = seed + 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state > 2 ** 31
  }
}

const half = (operation: Operation): Operation =>
  operation.do === 'write'
    ? { ...operation, bytes: operation.bytes.subarray(0, operation.bytes.length >> 1) }
    : operation

const fingerprint = (disk: Disk): string =>
  [...disk.paths()].map(([path, { bytes, mode }]) => `${path}\n${mode}\n${bytes.toString('latin1')}`).join('\0')
