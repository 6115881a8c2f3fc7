import { join } from 'node:path'
import { defined } from '../../base/defined.ts'
import type { Clock } from '../../platform/clock.ts'
import { attempt, readFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import { replaceHint } from './hint.ts'
import type { HeldBy } from './holder.ts'

/** When an endpoint last answered for the leases that this machine holds there by one login, on both clocks. */
export type Heard = HeldBy & {
  /** Wall clock of this machine, ms since 1970. */
  readonly at: number
  /** Whole seconds, rather early than late. */
  readonly bootSeconds: number
  readonly bootId?: string
}

const LAST_HEARD = 'last-heard'

/** Of the one login that is asked with. Torn or missing: nothing was heard, and a strict lease counts from its writing. */
export function lastHeard(fs: FileSystem, root: string): Heard | undefined {
  let line = ''
  attempt(() => (line = readFile(fs, join(root, LAST_HEARD))?.toString('utf8') ?? '')) // no reason to keep a secret
  const [, at, bootSeconds, bootId, endpoint, holder] =
    /^(\d{1,15}) (\d{1,15}) (\S+) (\S+)(?: (\S+))?\n$/.exec(line) ?? []
  if (at === undefined || bootId === undefined || endpoint === undefined) return undefined
  const heard = { ...defined({ endpoint, holder }), at: Number(at), bootSeconds: Number(bootSeconds) }
  return bootId === NO_BOOT_ID ? heard : { ...heard, bootId }
}

const NO_BOOT_ID = '-'

/** Not synced: a power loss means another boot, in which nothing that was heard before counts. */
export function noteHeard(fs: FileSystem, root: string, clock: Clock, { endpoint, holder }: HeldBy): void {
  const { at, bootSeconds, bootId } = { at: clock.now(), bootSeconds: clock.bootSeconds(), bootId: clock.bootId() }
  const whose = holder === undefined ? endpoint : `${endpoint} ${holder}`
  const line = `${Math.floor(at)} ${Math.floor(bootSeconds)} ${bootId ?? NO_BOOT_ID} ${whose}\n`
  attempt(() => replaceHint(fs, join(root, LAST_HEARD), Buffer.from(line))) // a full disk: strict leases go, as they must
}
