import { ok } from './finding.ts'
import type { Check } from './types.ts'

export const outboxCheck = (waiting: () => number, deliver: () => Promise<unknown>): Check => ({
  name: 'outbox',
  look: async () => {
    const count = waiting()
    if (count === 0) return [ok('The endpoint knows of everything that ended here.')]
    const says = `${count} ${count === 1 ? 'message' : 'messages'} about what ended here did not reach the endpoint yet.`
    return [{ level: 'note', says, mend: 'jit sweep', fix: deliver }]
  },
})
