import { FIX, ok } from './finding.ts'
import type { Check } from './types.ts'

export type ReaperCheckDeps = {
  readonly hasLeases: () => boolean
  readonly isRunning: () => Promise<boolean>
  readonly start: () => Promise<unknown>
}

export const reaperCheck = ({ hasLeases, isRunning, start }: ReaperCheckDeps): Check => ({
  name: 'background process',
  look: async () => {
    if (!hasLeases()) return [ok('Not needed: no credentials lie here.')]
    if (await isRunning()) return [ok('It runs, and removes credentials at their end.')]
    const says = 'Credentials lie here, and the background process that removes them at their end does not run.'
    return [{ level: 'problem', code: 'WIPE_FAILED', says, mend: FIX, fix: start }]
  },
})
