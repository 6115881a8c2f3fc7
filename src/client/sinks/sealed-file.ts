import type { KeyStore } from '../../platform/keychain/types.ts'
import type { Random } from '../../platform/random.ts'
import type { Lease, Place } from '../leases/types.ts'
import type { Intent, PlannedFile } from './clouds/types.ts'
import { OwnFile } from './own-file.ts'
import { ownMark } from './own-mark.ts'
import { keyItem, sealText } from './sealed-format.ts'
import type { System } from './settled.ts'
import type { Contents, Engine, Owner, PlannedPlace } from './types.ts'

export type SealedDeps = System & {
  /** Called for a sealed file only: whoever has none never meets the keychain. */
  readonly keyStore: () => Promise<KeyStore>
  readonly random: Random
}

/**
 * A file that is wholly ours, encrypted under a key of its lease and cloud that lies in the key store. The key is there before
 * the file is, and goes after it; until it is gone too the lease stays.
 */
export class SealedFile implements Engine {
  readonly #deps: SealedDeps
  readonly #file: OwnFile
  /** Keys of leases that are just being written. */
  readonly #made = new Map<string, Uint8Array>()
  /** Items that no key came to: nothing was ever sealed under them. */
  readonly #missed = new Set<string>()

  constructor(deps: SealedDeps) {
    this.#deps = deps
    this.#file = new OwnFile(deps)
  }

  plan(file: PlannedFile, intent: Intent): Promise<PlannedPlace> {
    return this.#file.plan(file, intent)
  }

  async write(lease: Lease, place: Place, contents: Contents): Promise<void> {
    const key = await this.#keyFor(lease, place)
    const of = { lease: lease.id, cloud: place.cloud, path: place.path }
    const nonce = this.#deps.random.bytes(12)
    const content = sealText(contents.content, of, key, nonce, ownMark(lease.id, lease.endsAt))
    await this.#file.write(lease, place, { ...contents, content })
  }

  confirm(lease: Lease, place: Place, contents: Contents, writtenAt: number): Promise<boolean> {
    return this.#file.confirm(lease, place, contents, writtenAt)
  }

  finish(): void {
    this.#file.finish()
  }

  settle(place: Place): Promise<void> {
    return this.#file.settle(place)
  }

  async wipe(owner: Owner, place: Place): Promise<void> {
    await this.#file.wipe(owner, place)
    const item = keyItem(owner.id, place.cloud)
    this.#made.delete(item)
    if (this.#missed.has(item)) return
    const store = await this.#deps.keyStore()
    await store.delete(item)
  }

  /** That of the file before or of the last slice, where there is one. */
  async #keyFor({ id, state }: Lease, { cloud }: Place): Promise<Uint8Array> {
    const item = keyItem(id, cloud)
    if (state === 'writing' && !this.#made.has(item)) this.#missed.add(item)
    const store = await this.#deps.keyStore()
    const known = this.#made.get(item) ?? (state === 'active' ? await store.get(item) : undefined)
    if (known !== undefined) return known
    const key = this.#deps.random.bytes(32)
    await store.set(item, key)
    this.#missed.delete(item)
    this.#made.set(item, key)
    return key
  }
}
