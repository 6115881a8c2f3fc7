import type { Person } from '../../contract/person.ts'
import type { Caller, Issue } from '../approvals/types.ts'
import type { AwsAccess, AzureAccess, GcpAccess, KubernetesAccess } from '../config/types.ts'

/** Signs what the endpoint says. Private keys stay behind it. */
export interface Tokens {
  /** RS256, `typ: jit-grant+jwt`, one target, ≤ 120 s (clouds.md §1). The caller has an {@link Issue}, so its audit leaf is durable. */
  awsGrantToken(issue: Issue, access: AwsAccess, audience: string): Promise<string>
  /**
   * For one identity pool provider. Where the caller exchanges it himself it lives until `notAfter`, because what Google gives
   * lives exactly as long (clouds.md §3.1); where the endpoint exchanges it for a service account, ≤ 120 s.
   */
  gcpGrantToken(issue: Issue, access: GcpAccess, notAfter: string): Promise<PersonalToken>
  /** A client assertion, ≤ 120 s. Entra compares `sub` exactly, so it names the target alone (clouds.md §0.5). */
  azureGrantToken(issue: Issue, access: AzureAccess): Promise<string>
  /** For one API server, which takes it as it is until `notAfter`. */
  kubernetesGrantToken(issue: Issue, access: KubernetesAccess, notAfter: string): Promise<PersonalToken>
  /** ES256, `typ: at+jwt` (RFC 9068), bound to `jkt`. */
  accessToken(caller: Omit<Caller, 'address'>, lifeSeconds: number): Promise<string>
  /** Verifies a token of `accessToken`; throws `Refusal('invalid_token')`. */
  readAccessToken(token: string): Promise<Omit<Caller, 'address'>>
  /** What clouds trust, as a JWK set: grant keys in use, next (published before use) and retired but still accepted. Never the access-token keys. */
  jwks(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>
}

/** A grant token whose `sub` names target and person: what the cloud writes into its own audit log. */
export type PersonalToken = { readonly token: string; readonly subject: string }

/** `grant`: RS256, published, trusted by clouds. `access`: ES256, read by this endpoint alone. */
export type KeyUse = 'grant' | 'access'

/**
 * A signing key as it is stored. Which one signs follows from the list: of each use the oldest that is not retired;
 * a younger one is next. So retiring the one in use is what activates the next, in one conditional update.
 */
export type SigningKey = {
  readonly kid: string
  readonly use: KeyUse
  /** Private JWK as JSON text. Secret: never logged or printed. */
  readonly privateJwk: string
  /** ms since 1970. */
  readonly createdAt: number
  /** Set when it is retired: until when what it signed is accepted, and a grant key published. */
  readonly acceptedUntil?: number
}

/** Where signing keys lie. Durable when a call resolves. */
export interface SigningKeys {
  /** All keys, retired ones too, oldest first (by `createdAt`, then `kid`). */
  list(): Promise<readonly SigningKey[]>
  insert(key: SigningKey): Promise<void>
  /** Sets `acceptedUntil` or brings it forward; false where it is sooner already, or where there is no such key. */
  retire(kid: string, acceptedUntil: number): Promise<boolean>
}

/** `signing`: in use. `next`: published, not used yet. `retired`: still accepted. `over`: neither published nor accepted. */
export type KeyState = 'signing' | 'next' | 'retired' | 'over'

/** What a rotation did to the keys of one use. */
export type Rotation =
  | { readonly use: KeyUse; readonly done: true; readonly retired: string; readonly signing: string }
  /** The next key has not been published long enough; nothing changed. */
  | { readonly use: KeyUse; readonly done: false; readonly next: string; readonly activeFrom: number }

/** How a person is written into AWS: session name, source identity (2–64 of `[\w+=,.@-]`). */
export type AwsName = (person: Person) => string
