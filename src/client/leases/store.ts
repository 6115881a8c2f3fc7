import { join } from 'node:path'
import type { Clock } from '../../platform/clock.ts'
import { attempt, makeDirectories, removeFile, replaceFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import { untilSweep, writeNextDue } from './due.ts'
import { entryNames, LEASE_SUFFIX, leaseDirectory, readLeases, unreadableLeases } from './entries.ts'
import { forgetTime, lastSeen, seeTime, STEP_MS } from './last-seen.ts'
import { assertLeaseId, serialize } from './journal.ts'
import { writePromptHint } from './prompt-hint.ts'
import type { Lease, UnreadableLease } from './types.ts'

/** Leases of this machine, one durable file each. Reading needs no lock; changing does. */
export class LeaseStore {
  readonly directory: string
  readonly #fs: FileSystem
  readonly #clock: Clock
  readonly #root: string
  /** When this process looked last; a reaper comes by every two seconds. */
  #sawTime = 0

  constructor(fs: FileSystem, clock: Clock, root: string) {
    this.#fs = fs
    this.#clock = clock
    this.#root = root
    this.directory = leaseDirectory(root)
  }

  prepare(): void {
    makeDirectories(this.#fs, this.directory)
  }

  /** Sorted by end. */
  list(): readonly Lease[] {
    return readLeases(this.#fs, this.#root)
  }

  unreadable(): readonly UnreadableLease[] {
    return unreadableLeases(this.#fs, this.#root)
  }

  /** When an entry came, went or was replaced last: nanoseconds since 1970 by the file system's clock. `undefined`: it does not say. */
  changedAt(): bigint | undefined {
    let at: bigint | undefined
    attempt(() => (at = this.#fs.stat(this.directory).mtimeNs))
    return at
  }

  /** Durable when it returns. */
  put(lease: Lease): void {
    const file = this.#file(lease.id)
    replaceFile(this.#fs, file, `${file}.tmp`, serialize(lease))
    this.#written()
  }

  remove(id: string): void {
    removeFile(this.#fs, this.#file(id))
    this.#fs.syncDirectory(this.directory)
    this.#written()
  }

  /** Out of the way of the next sweep, kept for whoever looks into it. */
  setAside({ file }: UnreadableLease): void {
    this.#fs.rename(file, `${file.slice(0, -LEASE_SUFFIX.length)}.unreadable`)
    this.#fs.syncDirectory(this.directory)
    this.#written()
  }

  /** Left by a process that died while it wrote an entry; holds no secret, and the entry itself is whole. */
  removeTemporary(): void {
    for (const name of entryNames(this.#fs, this.#root))
      if (name.endsWith(`${LEASE_SUFFIX}.tmp`)) removeFile(this.#fs, join(this.directory, name))
  }

  /** The latest wall time seen while leases lived; a clock behind it was set back. */
  lastSeen(): number {
    return lastSeen(this.#fs, this.#root)
  }

  /** Called often while leases live; reads and writes every few seconds. */
  seeTime(): void {
    const now = this.#clock.now()
    if (now < this.#sawTime + STEP_MS) return
    this.#sawTime = now
    seeTime(this.#fs, this.#root, this.#clock)
  }

  /** What a start of jit and a shell prompt read instead of every lease. */
  writeHints(): void {
    this.#hint(this.list())
  }

  #hint(leases: readonly Lease[]): void {
    const waitMs = untilSweep(leases, this.unreadable(), this.#clock)
    writeNextDue(this.#fs, this.#root, waitMs, this.#clock)
    writePromptHint(this.#fs, this.#root, leases, waitMs, this.#clock)
  }

  #written(): void {
    const leases = this.list()
    this.#hint(leases)
    if (leases.length > 0) seeTime(this.#fs, this.#root, this.#clock)
    else forgetTime(this.#fs, this.#root)
  }

  #file(id: string): string {
    assertLeaseId(id)
    return join(this.directory, `${id}${LEASE_SUFFIX}`)
  }
}
