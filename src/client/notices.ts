import { join } from 'node:path'
import { formatDuration } from '../base/duration.ts'
import type { Clock } from '../platform/clock.ts'
import type { Notice } from '../platform/desktop-notice.ts'
import { attempt, readFile } from '../platform/durable.ts'
import type { FileSystem } from '../platform/files.ts'
import { untilEndMs } from './leases/expiry.ts'
import { replaceHint } from './leases/hint.ts'
import type { Lease } from './leases/types.ts'

/** Of what was shown already, a line each: a reaper that takes over does not say it again. */
const TOLD = 'noticed'
/** By when nobody could do anything about it any more. */
const TOO_LATE_MS = 5000
const MINUTE_MS = 60_000

export type NoticeDeps = {
  /** How long before the end, in ms. */
  readonly beforeMs: number
  /** Shows it. Whatever becomes of that, the reaper does not wait for it. */
  readonly show: (notice: Notice) => Promise<unknown>
  readonly fs: FileSystem
  readonly root: string
  readonly clock: Clock
}

/** Leases whose end is near. A grant that is shorter than the warning time needs no warning: it was asked for just now. */
export const endingSoon = (leases: readonly Lease[], beforeMs: number, clock: Clock): readonly Lease[] =>
  leases.filter((lease) => {
    const left = untilEndMs(lease, clock)
    return (
      lease.state === 'active' && left > TOO_LATE_MS && left <= beforeMs && lease.endsAt - lease.writtenAt > beforeMs
    )
  })

/** Names the target and the time, nothing else: others may see the screen. */
export function noticeOf({ target }: Lease, leftMs: number): Notice {
  const left = leftMs < MINUTE_MS ? leftMs : Math.round(leftMs / MINUTE_MS) * MINUTE_MS
  return {
    title: `${target} ends in ${formatDuration(left / 1000)}`,
    text: 'jit removes its credentials then.',
  }
}

/** Says once of each lease that its end is near, beside the reaper's own work: `tick` returns at once and never throws. */
export function notices({ beforeMs, show, fs, root, clock }: NoticeDeps) {
  const file = join(root, TOLD)
  const told = new Set<string>()
  attempt(() => {
    for (const line of readFile(fs, file)?.toString('utf8').split('\n') ?? []) told.add(line)
  })
  const nameOf = ({ id, endsAt }: Lease): string => `${id} ${endsAt}`
  return {
    tick(leases: readonly Lease[]): void {
      const fresh = endingSoon(leases, beforeMs, clock).filter((lease) => !told.has(nameOf(lease)))
      if (fresh.length === 0) return
      const alive = new Set(leases.map(nameOf))
      for (const name of told) if (!alive.has(name)) told.delete(name)
      for (const lease of fresh) told.add(nameOf(lease))
      attempt(() => replaceHint(fs, file, Buffer.from([...told].join('\n'))))
      for (const lease of fresh) show(noticeOf(lease, untilEndMs(lease, clock))).catch(() => undefined) // jit doctor says why
    },
  }
}
