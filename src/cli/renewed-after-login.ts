import { JitError } from '../base/errors.ts'
import type { ServingDeps } from '../client/served-credential.ts'
import type { Installation } from './installation.ts'
import type { LoggedIn } from './logged-in.ts'

/** A slice that could not be renewed because the login has run out is renewed after a new one. */
export const renewedAfterLogin =
  (
    renewed: ServingDeps['renewed'],
    { notes }: Pick<Installation, 'notes'>,
    attended: () => Promise<LoggedIn>,
  ): ServingDeps['renewed'] =>
  async (lease) => {
    try {
      return await renewed(lease)
    } catch (error) {
      if (!(error instanceof JitError && error.code === 'LOGIN_NEEDED')) throw error
      const identity = await (await attended()).identity()
      await identity.accessToken({ renew: false })
      notes.remove(lease.id) // or the failure would be shared a while longer
      return renewed(lease)
    }
  }
