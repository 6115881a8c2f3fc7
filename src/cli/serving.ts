import type { ServingDeps } from '../client/served-credential.ts'
import { systemClock } from '../platform/clock.ts'
import type { Installation } from './installation.ts'

/** How this installation serves credentials to clients that ask: from its records alone. */
export const servingFrom = ({ leases, read, readSealed }: Installation): ServingDeps => ({
  leases: () => leases.list(),
  read,
  readSealed,
  renewed: async () => undefined, // the reaper renews
  clock: systemClock,
})
