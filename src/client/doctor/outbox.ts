import { ok } from './finding.ts'
import type { Check } from './types.ts'

export const outboxCheck = (waiting: () => number, deliver: () => Promise<unknown>): Check => ({
  name: 'outbox',
  look: async () => {
    const count = waiting()
    if (count === 0) return [ok('The endpoint knows of every end.')]
    const says = `${count} ${count === 1 ? 'grant' : 'grants'} ended here and the endpoint does not know yet.`
    return [{ level: 'note', says, mend: 'jit sweep', fix: deliver }]
  },
})
