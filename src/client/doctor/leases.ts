import { note, ok } from './finding.ts'
import type { Check, Finding } from './types.ts'

/** One grant on this machine, as `jit status` shows it. */
export type LeaseView = {
  readonly target: string
  readonly isStuck: boolean
  readonly isOver: boolean
  /** The cloud no longer takes what lies here, and nobody has renewed it. */
  readonly isLapsed: boolean
  readonly lastError?: string
}
export type LeaseCheckDeps = {
  readonly leases: () => readonly LeaseView[]
  readonly unreadable: () => readonly { readonly file: string; readonly why: string }[]
  /** Tries again now; rejects where something is left. */
  readonly sweep: () => Promise<unknown>
}

export const leaseCheck = ({ leases, unreadable, sweep }: LeaseCheckDeps): Check => ({
  name: 'leases',
  look: async () => {
    const found = leases().flatMap((lease) => aboutLease(lease, sweep))
    const torn = unreadable().map(({ file, why }) => aboutRecord(file, why, sweep))
    const all = [...found, ...torn]
    if (all.length > 0) return all
    return [ok(leases().length === 0 ? 'No grant is active on this machine.' : 'All can be read, and none is over.')]
  },
})

const NOW = 'jit sweep'

function aboutLease(lease: LeaseView, fix: () => Promise<unknown>): readonly Finding[] {
  const { target, isStuck, isOver, isLapsed, lastError = 'no reason known' } = lease
  if (isStuck || isOver) {
    const why = isStuck ? `could not be removed (${lastError})` : 'are over and still lie here'
    return [{ level: 'problem', code: 'WIPE_FAILED', says: `${target}: its credentials ${why}.`, mend: NOW, fix }]
  }
  return isLapsed ? [note(`${target}: the cloud no longer takes what lies here.`, `jit elevate ${target}`)] : []
}

const aboutRecord = (file: string, why: string, fix: () => Promise<unknown>): Finding => ({
  level: 'problem',
  code: 'STATE_CORRUPT',
  says: `The record ${file} cannot be read (${why}).`,
  mend: NOW,
  fix,
})
