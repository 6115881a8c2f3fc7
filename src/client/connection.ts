import type { ApprovalApi } from './approval/types.ts'
import type { LoginName } from './leases/holder.ts'

/** A login and its way to the endpoint. */
export type Connection<Call extends keyof ApprovalApi = keyof ApprovalApi> = {
  /**
   * Whose login it is now. Another one may take its place in the middle of a call: what was said before is to be compared with what
   * is said after (decision 0040), so nobody keeps it as if it were a fact.
   */
  readonly login: () => LoginName
  readonly api: Pick<ApprovalApi, Call>
}
