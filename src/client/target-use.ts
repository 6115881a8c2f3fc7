import { join } from 'node:path'
import { integer, list, object, type Reader, string } from '../contract/narrow.ts'
import { targetName } from '../contract/target.ts'
import type { Clock } from '../platform/clock.ts'
import { attempt, makeDirectories, readFile, removeFile } from '../platform/durable.ts'
import type { FileSystem } from '../platform/files.ts'
import { replaceHint } from './leases/hint.ts'

/** How often a target was asked for; halves with time, so that old habits give way. `at`: ms since 1970, when `milli` was right. */
type Use = { readonly endpoint: string; readonly target: string; readonly milli: number; readonly at: number }

/** Targets in the order that a list should have. Only a help for typing: no failure here is worth a word. */
export interface TargetUses {
  count(endpoint: string, targets: readonly string[]): void
  /** Higher is used more; 0 is never. */
  of(endpoint: string, target: string): number
}

const FILE = 'target-uses'
const HALF_LIFE_MS = 14 * 24 * 3_600_000
const ONE = 1000
/** What is used least goes. */
const MOST_KEPT = 200

const readUses: Reader<readonly Use[]> = list(
  object({ endpoint: string, target: targetName, milli: integer, at: integer }),
)

/** In the state directory: names and numbers, no secret. */
export function targetUses(fs: FileSystem, clock: Pick<Clock, 'now'>, state: string): TargetUses {
  const file = join(state, FILE)
  const uses = (): readonly Use[] => {
    try {
      const bytes = readFile(fs, file)
      return bytes === undefined ? [] : readUses(JSON.parse(bytes.toString('utf8')), FILE)
    } catch {
      return [] // torn, or of another version: it is counted anew
    }
  }
  const worth = ({ milli, at }: Use): number => milli * 2 ** (-Math.max(0, clock.now() - at) / HALF_LIFE_MS)
  const counted = (all: readonly Use[], endpoint: string, target: string): readonly Use[] => {
    const before = all.find((use) => use.endpoint === endpoint && use.target === target)
    const milli = Math.round((before === undefined ? 0 : worth(before)) + ONE)
    return [...all.filter((use) => use !== before), { endpoint, target, milli, at: clock.now() }]
  }
  return {
    of: (endpoint, target) => {
      const use = uses().find((each) => each.endpoint === endpoint && each.target === target)
      return use === undefined ? 0 : worth(use)
    },
    count: (endpoint, targets) => {
      const all = targets.reduce((sum, target) => counted(sum, endpoint, target), uses())
      const kept = all.toSorted((a, b) => worth(b) - worth(a)).slice(0, MOST_KEPT)
      attempt(() => {
        makeDirectories(fs, state)
        replaceHint(fs, file, Buffer.from(JSON.stringify(kept)))
      })
    },
  }
}

export const forgetTargetUses = (fs: FileSystem, state: string): void =>
  void attempt(() => removeFile(fs, join(state, FILE)))
