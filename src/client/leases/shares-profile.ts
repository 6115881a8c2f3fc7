import type { Entry } from './types.ts'

type Named = Pick<Entry, 'cloud' | 'profile'>

/** Whether two leases, or a lease and what is asked for, give a profile of the same name in the same cloud. */
export const sharesProfile = (one: readonly Named[], other: readonly Named[]): boolean =>
  one.some((a) => other.some((b) => a.cloud === b.cloud && a.profile === b.profile))
