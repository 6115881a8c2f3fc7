import { join } from 'node:path'
import type { Clock } from '../../platform/clock.ts'
import { attempt, readFile, removeFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import { replaceHint } from './hint.ts'

/** A clock set back over a reboot gains no more than this, once per reboot. */
export const STEP_MS = 5_000
const LAST_SEEN = 'last-seen'

/** The latest wall time (ms since 1970) seen while leases lived: after a reboot the only witness of what had passed before. 0: none. */
export function lastSeen(fs: FileSystem, root: string): number {
  let line = ''
  attempt(() => (line = readFile(fs, join(root, LAST_SEEN))?.toString('utf8') ?? '')) // no reason to leave a secret behind
  return /^\d{1,15}\n$/.test(line) ? Number(line) : 0
}

/** Only ever forward. Not synced: a power loss costs what the system had not written yet. */
export function seeTime(fs: FileSystem, root: string, clock: Clock): void {
  const now = clock.now()
  if (now >= lastSeen(fs, root) + STEP_MS)
    attempt(() => replaceHint(fs, join(root, LAST_SEEN), Buffer.from(`${Math.floor(now)}\n`)))
}

/** With the last lease: a clock that was wrong once shall not end the leases of next week. */
export const forgetTime = (fs: FileSystem, root: string): void =>
  void attempt(() => removeFile(fs, join(root, LAST_SEEN)))
