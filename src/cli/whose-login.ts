import type { Identity } from '../client/identity/types.ts'
import { holderName, type Login } from '../client/leases/holder.ts'

/** Whose this login is, asked anew at each look: what another process has renewed or replaced is read with the next call. */
export const whoseLogin = (identity: Pick<Identity, 'endpoint' | 'me'>): Login => ({
  get endpoint() {
    return identity.endpoint
  },
  get holder() {
    return holderName(identity.me.person)
  },
})
