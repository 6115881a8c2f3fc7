import { join } from 'node:path'
import type { Clock } from '../../platform/clock.ts'
import { attempt, removeFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import { untilEndMs } from './expiry.ts'
import { replaceHint } from './hint.ts'
import type { Lease } from './types.ts'

/**
 * Name of the file that shell prompts read: lines of Unix seconds, a word, and what it is about. First when a sweep is due
 * (`<seconds> due <written>`), then what ends soonest first (`<seconds> active <target>`, `<seconds> stuck <target>`). Holds no
 * secret. A line that a reader does not know means nothing to it. Of a strict lease the end is shown, and silence makes a sweep due.
 */
export const PROMPT_HINT = 'prompt'

const NAME_LENGTH = 64

/** `waitMs`: until a sweep is due; absent where nothing lies here, and the file goes. Not synced: see `writeNextDue`. */
export function writePromptHint(
  fs: FileSystem,
  root: string,
  leases: readonly Lease[],
  waitMs: number | undefined,
  clock: Clock,
): void {
  const file = join(root, PROMPT_HINT)
  if (waitMs === undefined || !attempt(() => replaceHint(fs, file, promptHint(leases, waitMs, clock))))
    attempt(() => removeFile(fs, file)) // a stale one would show what is revoked
}

function promptHint(leases: readonly Lease[], waitMs: number, clock: Clock): Buffer {
  const now = clock.now()
  const seconds = (ms: number): number => Math.max(1, Math.floor(ms / 1000))
  const due = `${Math.max(1, Math.ceil((now + waitMs) / 1000))} due ${seconds(now)}`
  const stuck = leases
    .filter(({ state }) => state === 'stuck')
    .map(({ endsAt, target }) => `${seconds(endsAt)} stuck ${plain(target)}`)
  const active = leases
    .filter(({ state }) => state === 'active')
    .map((lease) => ({ ends: seconds(now + untilEndMs(lease, clock)), target: plain(lease.target) }))
    .toSorted((a, b) => a.ends - b.ends)
    .map(({ ends, target }) => `${ends} active ${target}`)
  return Buffer.from(`${[due, ...stuck, ...active].join('\n')}\n`)
}

/** Names are checked where they come in; whatever else a file of leases may hold, a line of the hint stays one line of three words. */
const plain = (target: string): string => target.slice(0, NAME_LENGTH).replaceAll(/[^\w.-]/g, '?') || '?'
