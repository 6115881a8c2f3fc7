import { dirname, join } from 'node:path'
import type { Environment } from '../../base/environment.ts'
import { appendBlock, removeBlocks } from '../../base/credentials-block.ts'
import { errnoOf } from '../../base/errno.ts'
import { JitError } from '../../base/errors.ts'
import type { Clock } from '../../platform/clock.ts'
import { makeDirectories, missingDirectories, readFile } from '../../platform/durable.ts'
import type { FileSystem } from '../../platform/files.ts'
import type { Lease, Place } from '../leases/types.ts'
import { assertNoOtherSource, assertProfileFree, sectionsOf } from './aws-checks.ts'
import { hashesOf, profileLines } from './aws-profile.ts'
import { settleDisplaced, watchDisplaced } from './displaced.ts'
import { exchangeBytes } from './exchange-bytes.ts'
import { finishRewrite, rewriteInPlace } from './in-place.ts'
import { wipeOrphans } from './orphans.ts'
import { assertRemovable, hasBlock, namesFor, narrowMode } from './place.ts'
import { readSettled, type Snapshot } from './settled.ts'
import { assertWritableAndWipable, resolveTarget } from './target-path.ts'
import { wipePlace } from './wipe-place.ts'
import type { Delivery, Orphans, OrphanSearch, Sink } from './types.ts'

export type AwsFilesDeps = {
  readonly fs: FileSystem
  readonly clock: Clock
  readonly env: Environment
  readonly home: string
  /** Who we are; absent on Windows. */
  readonly uid?: number
}

const ROUNDS = 20
/** The directory or the mount does not let us exchange the file, though the file itself can be written. */
const EXCHANGE_REFUSED = ['EBUSY', 'EPERM', 'EACCES']

/**
 * A marked block in the AWS credentials file. The file is shared with the AWS tools, editors and scripts, none of which take a
 * lock: see settled.ts, exchange-bytes.ts and displaced.ts for how nobody's bytes are lost.
 */
export class AwsFiles implements Sink {
  readonly name = 'aws-files'
  readonly #deps: AwsFilesDeps

  constructor(deps: AwsFilesDeps) {
    this.#deps = deps
  }

  paths(): readonly string[] {
    return [resolveTarget(this.#deps.fs, this.#credentialsFile())]
  }

  plan({ id, profile }: { readonly id: string; readonly profile: string }): Place {
    const { fs, uid } = this.#deps
    const path = resolveTarget(fs, this.#credentialsFile())
    const stat = assertWritableAndWipable(fs, path, uid)
    assertProfileFree(path, readFile(fs, path) ?? Buffer.alloc(0), profile)
    const config = resolveTarget(fs, this.#configFile())
    assertNoOtherSource(config, readFile(fs, config) ?? Buffer.alloc(0), profile)
    return {
      ...namesFor(path, id),
      sink: this.name,
      existed: stat !== undefined,
      ...(stat === undefined ? {} : { mode: stat.mode }),
      madeDirectories: missingDirectories(fs, dirname(path)),
      secretHashes: [],
    }
  }

  secretHashes(delivery: Delivery): readonly string[] {
    return hashesOf(delivery)
  }

  async write(lease: Lease, place: Place, delivery: Delivery): Promise<void> {
    const { fs } = this.#deps
    const lines = profileLines(delivery)
    const block = { lease: lease.id, expiresAt: Math.ceil(lease.endsAt / 1000), lines }
    makeDirectories(fs, dirname(place.path))
    assertRemovable(fs, place)
    for (let round = 0; round < ROUNDS; round++) {
      await settleDisplaced(this.#deps, place)
      const base = await readSettled(this.#deps, place.path)
      const before = base?.bytes ?? Buffer.alloc(0)
      assertProfileFree(place.path, before, lease.profile)
      const theirs = removeBlocks(before, ({ lease: id, profile }) => id === lease.id || profile === lease.profile)
      const next = appendBlock(theirs, block)
      sectionsOf(place.path, next)
      if (this.#put(place, base, next, narrowMode(base?.stat.mode)) === 'done' && hasBlock(fs, place, lease.id)) return
    }
    throw new JitError('WRITE_FAILED', `Another program keeps replacing ${place.path}.`, 'Try again when it is done.')
  }

  async confirm(lease: Lease, place: Place, writtenAt: number): Promise<boolean> {
    await watchDisplaced(this.#deps, place, writtenAt)
    return hasBlock(this.#deps.fs, place, lease.id)
  }

  finish(place: Place): void {
    finishRewrite(this.#deps, place)
  }

  settle(place: Place): Promise<void> {
    return settleDisplaced(this.#deps, place)
  }

  wipe(lease: Pick<Lease, 'id' | 'profile'>, place: Place): Promise<void> {
    return wipePlace(this.#deps, lease, place)
  }

  wipeOrphans(path: string, search: OrphanSearch): Promise<Orphans> {
    return wipeOrphans(this.#deps, path, search)
  }

  #put(place: Place, base: Snapshot | undefined, next: Buffer, mode: number): 'done' | 'moved' {
    const { fs } = this.#deps
    if (base !== undefined && base.stat.nlink > 1) {
      rewriteInPlace(fs, place, base, next, mode)
      return 'done'
    }
    try {
      return exchangeBytes(fs, place, base, next, mode)
    } catch (error) {
      if (base === undefined || !EXCHANGE_REFUSED.includes(errnoOf(error) ?? '')) throw error
      rewriteInPlace(fs, place, base, next, mode)
      return 'done'
    }
  }

  #credentialsFile(): string {
    return this.#fromEnv('AWS_SHARED_CREDENTIALS_FILE') ?? join(this.#deps.home, '.aws', 'credentials')
  }

  #configFile(): string {
    return this.#fromEnv('AWS_CONFIG_FILE') ?? join(this.#deps.home, '.aws', 'config')
  }

  /** botocore expands `~` here, so a path may come with it although no shell has seen it. */
  #fromEnv(name: string): string | undefined {
    const path = this.#deps.env[name]
    if (path === undefined || path === '') return undefined
    return path === '~' || path.startsWith('~/') ? join(this.#deps.home, path.slice(1)) : path
  }
}
