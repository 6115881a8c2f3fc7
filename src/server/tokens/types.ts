import type { Person } from '../../contract/person.ts'
import type { Caller, Issue } from '../approvals/types.ts'
import type { AwsAccess } from '../config/types.ts'

/** Signs what the endpoint says. Private keys stay behind it. */
export interface Tokens {
  /** RS256, `typ: jit-grant+jwt`, one target, ≤ 120 s (clouds.md §1). The caller has an {@link Issue}, so its audit leaf is durable. */
  awsGrantToken(issue: Issue, access: AwsAccess, audience: string): Promise<string>
  /** ES256, `typ: at+jwt` (RFC 9068), bound to `jkt`. */
  accessToken(caller: Omit<Caller, 'address'>, lifeSeconds: number): Promise<string>
  /** Verifies a token of `accessToken`; throws `Refusal('invalid_token')`. */
  readAccessToken(token: string): Promise<Omit<Caller, 'address'>>
  /** Public keys as a JWK set: in use, next (published before use) and retired but still accepted. */
  jwks(): Promise<{ readonly keys: readonly Readonly<Record<string, unknown>>[] }>
}

/** How a person is written into AWS: session name, source identity (2–64 of `[\w+=,.@-]`). */
export type AwsName = (person: Person) => string
