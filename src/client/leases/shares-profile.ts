import type { Entry } from './types.ts'

type Named = Pick<Entry, 'cloud' | 'profile'>

/**
 * Whether a lease gives a profile in a place of the user's under the name that something else wants there: another lease, or what is
 * asked for. In a private directory each lease has its own, so two of one target stand beside each other.
 */
export const sharesProfile = (held: readonly (Named & Pick<Entry, 'deliver'>)[], other: readonly Named[]): boolean =>
  held
    .filter(({ deliver }) => deliver !== 'isolated')
    .some((a) => other.some((b) => a.cloud === b.cloud && a.profile === b.profile))
