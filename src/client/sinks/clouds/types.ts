import type { CloudCredential } from '../../../contract/credential.ts'
import type { Cloud, DeliveryMode } from '../../../contract/target.ts'
import type { FormatName } from '../formats/types.ts'

/** One cloud of a grant, before anybody was asked: `lease` is the grant's id, or a stand-in for it. */
export type Intent = {
  readonly lease: string
  readonly target: string
  /** Name of profile, configuration or context. */
  readonly profile: string
  readonly asDefault: boolean
  /** Private directory of this lease, for files that are wholly ours; 0700, made when first needed, removed with the lease. */
  readonly directory: string
}

/** One cloud of a grant, with what the endpoint and the exchange gave. `endsAt`: end of the lease, ms since 1970 on this machine's clock. */
export type Delivery<C extends CloudCredential = CloudCredential> = Intent & {
  readonly endsAt: number
  readonly credential: C
}

/**
 * A file that a sink writes. In the order of writing: what leads to a secret comes after it, so that no client ever finds half
 * a delivery. The wipe goes the other way round.
 * - `entry`: among the user's own bytes (formats/types.ts).
 * - `own`: wholly ours, not there before. `sealed`: the same, encrypted under a key of this lease in the key store.
 * - `own-directory`: wholly ours, and a client writes into it as well; the wipe removes it with all that is in it.
 * - `pointer`: a file of the user's that holds nothing but the name of what is in use, which may come to be ours: written by jit
 *   (where `contents` says so), or by the user with the client's own command. The wipe gives `before` back where the file then
 *   says `names` (no file where `before` is absent), and leaves it alone where it says anything else.
 * - `debris`: left by the client beside what is ours; never written, only removed.
 */
export type PlannedFile =
  | { readonly kind: 'entry'; readonly path: string; readonly format: FormatName; readonly wanted?: string }
  | { readonly kind: 'own' | 'sealed' | 'own-directory' | 'debris'; readonly path: string; readonly held?: Held }
  | {
      readonly kind: 'pointer'
      readonly path: string
      readonly names: string
      readonly before?: string
      readonly held: Held
    }

/** The wipe touches a file only while `path` holds `text`: a later lease may have taken its name over, and it is that one's then. */
export type Held = { readonly path: string; readonly text: string }

/** What goes into a planned file, and which parts of it are secret: those are searched for, by hash, after the wipe. */
export type FileContent = { readonly content: string; readonly secrets: readonly string[] }

/** At once, or when the format that it takes has been loaded: who has AWS alone must not wait for a YAML parser. */
type Awaitable<T> = T | Promise<T>

/**
 * Knows where one client looks and in which words. Plans and words only; engines write and wipe (shared-file.ts, own-file.ts),
 * so that each cloud has the same promises. One contract suite (`test/contract/sink.test.ts`) runs over all.
 */
export interface CloudSink<C extends CloudCredential = CloudCredential> {
  readonly cloud: Cloud
  readonly mode: DeliveryMode
  /** Nothing that this sink writes can be what its client takes unasked; of `isolated` that is known. */
  readonly isNeverDefault?: boolean
  /**
   * Why this mode cannot serve here, so that `isolated` takes its place (az that encrypts its cache); `undefined` where it can. A
   * sentence. Reads, changes nothing. Asked before the endpoint is, and again with the credential, which may tell more.
   */
  obstacle?(intent: Intent | Delivery<C>): Awaitable<string | undefined>
  /** The files, absolute, before links are followed. Throws `PROFILE_TAKEN` or `FILE_REFUSED` for what a single file cannot tell. Reads, changes nothing. */
  plan(intent: Intent): Awaitable<readonly PlannedFile[]>
  /**
   * One content for each file of `plan`, in the same order; `undefined` where this delivery does not write it. Throws
   * `ENDPOINT_INVALID` for values that are not safe to write.
   */
  contents(delivery: Delivery<C>): Awaitable<readonly (FileContent | undefined)[]>
  /** Variables that make a client use this delivery. Paths and names, never a secret. */
  environment(intent: Intent): Readonly<Record<string, string>>
  /** Lines that tell a person how to use it, e.g. `aws --profile jit-prod-db sts get-caller-identity`. */
  usage(intent: Intent): readonly string[]
  /** Files in which a lost lease may have left an entry, for this caller as he is now. */
  searched(): readonly { readonly path: string; readonly format: FormatName }[]
  /** Own files in the user's directories, by the marks that they carry: what a lost lease leaves there. They hold no secret. */
  strays?(): readonly Stray[]
}

/** `expiresAt`: Unix seconds. `files`: as `plan` named them, to be wiped where nobody knows the lease and it is over. */
export type Stray = { readonly lease: string; readonly expiresAt: number; readonly files: readonly PlannedFile[] }
