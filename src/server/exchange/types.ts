import type { CredentialsAnswer, PublicKey } from '../../contract/grant.ts'
import type { Issue } from '../approvals/types.ts'
import type { ConfiguredTarget } from '../config/types.ts'

/** Exchanges a grant token at each cloud of the target and seals the results to `key`. All clouds or none. */
export interface Exchange {
  exchange(issue: Issue, target: ConfiguredTarget, key: PublicKey): Promise<CredentialsAnswer>
}
