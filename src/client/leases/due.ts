import { join } from 'node:path'
import type { Clock } from '../../platform/clock.ts'
import { attempt, ifExists, readFile, removeFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import { type Deadlines, isOtherBoot, isOver, remainingMs } from './expiry.ts'
import { replaceHint } from './hint.ts'
import { untilRetry } from './retry.ts'
import type { Lease, UnreadableLease } from './types.ts'

/** A writer holds the lock for less than this; an entry that is still being written later has lost its writer. */
const WRITER_MS = 10_000
const UNREADABLE_RETRY_MS = 60_000

/**
 * Name of the file that says when a sweep is due next, so that a start of jit needs to read one line instead of every
 * lease: Unix seconds, a blank, then what the rule of expiry needs. Only a hint: a missing or torn one
 * means "due".
 */
export const NEXT_DUE = 'next-expiry'

/** Whether a sweep has anything to do. Two small reads; no lock. */
export function isDue(fs: FileSystem, root: string, clock: Clock): boolean {
  const names = ifExists(() => fs.readdir(join(root, 'leases'))) ?? []
  if (!names.some((name) => name.endsWith('.lease'))) return false
  const next = readNextDue(fs, root)
  return next === undefined || isOtherBoot(next, clock) || isOver(next, clock)
}

/** When the machine of `root` meant to sweep next (ms since 1970); `undefined` where it does not say. */
export const nextDueAt = (fs: FileSystem, root: string): number | undefined => readNextDue(fs, root)?.endsAt

function readNextDue(fs: FileSystem, root: string): Deadlines | undefined {
  const line = readFile(fs, join(root, NEXT_DUE))?.toString('utf8')
  if (line === undefined || !line.endsWith('\n')) return undefined
  const [, ends = '', written = '', boot = '', bootId = ''] = line.trimEnd().split(' ')
  if (![ends, written, boot].every((field) => /^\d{1,15}$/.test(field))) return undefined
  const deadlines = { endsAt: Number(ends), writtenAt: Number(written), writtenAtBootSeconds: Number(boot) }
  return bootId === '' ? deadlines : { ...deadlines, bootId }
}

/** Milliseconds until a sweep has something to do; `undefined` where nothing lies here. */
export function untilSweep(
  leases: readonly Lease[],
  unreadable: readonly UnreadableLease[],
  clock: Clock,
): number | undefined {
  const waits = [...leases.map((lease) => untilDue(lease, clock)), ...unreadable.map(() => UNREADABLE_RETRY_MS)]
  return waits.length === 0 ? undefined : Math.min(...waits)
}

/** `waitMs`: see {@link untilSweep}. Not synced: a power loss means another boot, and another boot means "due". */
export function writeNextDue(fs: FileSystem, root: string, waitMs: number | undefined, clock: Clock): void {
  const file = join(root, NEXT_DUE)
  if (waitMs === undefined || !attempt(() => replaceHint(fs, file, hint(waitMs, clock))))
    attempt(() => removeFile(fs, file))
}

function hint(waitMs: number, clock: Clock): Buffer {
  const now = clock.now()
  const at = Math.max(0, Math.round(now + waitMs))
  return Buffer.from(
    `${Math.ceil(at / 1000)} ${at} ${now} ${Math.floor(clock.bootSeconds())} ${clock.bootId() ?? ''}\n`,
  )
}

function untilDue(lease: Lease, clock: Clock): number {
  if (lease.state === 'active') return remainingMs(lease, clock)
  if (lease.state === 'stuck') return untilRetry(lease, clock)
  return lease.writtenAt + WRITER_MS - clock.now()
}
