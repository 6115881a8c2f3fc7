import type { Environment } from '../../base/environment.ts'
import type { EndReason } from '../../contract/grant.ts'
import type { Person } from '../../contract/person.ts'
import type { ReceiptOutcome } from '../../contract/receipt.ts'
import type { Cloud } from '../../contract/target.ts'
import type { Output } from '../../platform/output.ts'
import type { Head, Verification } from '../audit/types.ts'
import type { Config, Fault } from '../config/types.ts'
import type { FollowedQuery, StoreState, WipeState } from '../store/types.ts'
import type { KeyState, KeyUse, Rotation } from '../tokens/types.ts'

/** What `keys list` shows of a key: nothing secret. `until`: how long a retired one is accepted. */
export type ShownKey = {
  readonly kid: string
  readonly use: KeyUse
  readonly state: KeyState
  readonly createdAt: string
  readonly until?: string
}

export type GrantsQuery = Pick<FollowedQuery, 'states' | 'limit' | 'after'>
/** What `grants` shows of one. `over`: when it ends or ended. */
export type ShownGrant = {
  readonly id: string
  readonly target: string
  readonly holder: Person
  /** Of a job: the pipelines that it belongs to, by the names that policies and the kill switch use. */
  readonly pipelines?: readonly string[]
  readonly startsAt: string
  readonly over: string
  readonly endReason?: EndReason
  readonly wipe: WipeState
  readonly machines: readonly {
    readonly machine: string
    readonly outcome: ReceiptOutcome
    readonly at: string
    readonly why?: string
  }[]
}
/** `next`: there may be more after this grant. */
export type GrantsPage = { readonly grants: readonly ShownGrant[]; readonly next?: string }

/** A configuration in which nothing is wrong. */
export type Checked = {
  readonly endpoint: string
  readonly targets: number
  readonly store: string
  readonly database: StoreState
  readonly keys: readonly ShownKey[]
  readonly warnings: readonly Fault[]
  /** What pipelines can log in with; absent where they cannot. */
  readonly workloads?: {
    readonly audience: string
    readonly issuers: readonly { readonly name: string; readonly provider: string; readonly issuer: string }[]
    readonly pipelines: readonly {
      readonly name: string
      readonly issuer: string
      readonly events: readonly string[]
    }[]
  }
}

/**
 * What commands can do. They take names of files and give values; reading, printing and exit codes are not theirs. Each
 * rejects with `JitError` or `ConfigurationError` where a person can do something about it. What only reads makes no database.
 */
export interface Operations {
  /** Writes a configuration and a policy to start from. Never over an existing file. Resolves to the files. */
  init(directory: string, urls: { readonly endpoint: string; readonly issuer: string }): Promise<readonly string[]>
  /** Reads configuration, policy and keys, and makes and changes nothing: whoever runs it need not be whom the service runs as. */
  check(configFile: string): Promise<Checked>
  /** Serves until the process is asked to stop. */
  serve(configFile: string, ready: (listening: string, config: Config) => void): Promise<void>
  /** Terraform that makes a cloud trust this endpoint, for all targets or for those named. */
  trust(cloud: Cloud, configFile: string, targets: readonly string[]): Promise<string>
  keys(configFile: string): Promise<readonly ShownKey[]>
  /** `now`: without waiting for the lead, and the replaced keys are accepted nowhere any more. */
  rotateKeys(configFile: string, now: boolean): Promise<readonly Rotation[]>
  /** Writes discovery document and JWKS as files below `directory`. Resolves to the files. */
  publishKeys(configFile: string, directory: string): Promise<readonly string[]>
  /** Grants, the last to end first, with what is known of their wipe. */
  grants(configFile: string, query: GrantsQuery): Promise<GrantsPage>
  /** Gives the log from leaf `from` on to `write`, one JSON object per leaf, until `write` says false. */
  exportLog(configFile: string, from: number, write: (line: string) => boolean): Promise<void>
  verifyLog(configFile: string, remembered: Head | undefined): Promise<Verification>
  /** The same for a file that `exportLog` wrote. */
  verifyExport(file: string, remembered: Head | undefined): Promise<Verification>
}

/** The program's surroundings. */
export interface CommandContext extends Pick<Output, 'out' | 'note' | 'write'> {
  readonly env: Environment
  readonly version: string
  /** Loaded when a command runs, so that help and usage errors touch nothing. */
  operations(): Promise<Operations>
}
