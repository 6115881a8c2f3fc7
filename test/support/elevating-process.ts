/** Asks and approves for ever on the SQLite file named as argument; prints each acknowledged grant on a line. Made to be killed. */
import { writeSync } from 'node:fs'
import { systemClock } from '../../src/platform/clock.ts'
import { openStore } from '../../src/server/store/open.ts'
import { approvalsOver, caller, wanted } from './approvals.ts'

const [, , path = '', round = ''] = process.argv
const store = await openStore(
  { kind: 'sqlite', path },
  {
    clock: systemClock,
    report: (error) => {
      throw error
    },
  },
)
const approvals = approvalsOver(store)

async function elevate(worker: number): Promise<void> {
  for (let i = 0; ; i++) {
    const rob = caller(`rob-${round}-${worker}`)
    const people = (i + worker) % 2 === 0
    const asked = await approvals.ask(rob, wanted({ targets: people ? ['prod'] : ['dev'] }), `${round}-${i}`)
    const { grants } = people ? await approvals.approve(caller('ann'), asked.id) : asked
    const grant = grants[0]?.id ?? 'none'
    await approvals.issue(rob, grant)
    writeSync(1, `${grant}\n`)
  }
}
await Promise.all(Array.from({ length: 8 }, (_, worker) => elevate(worker)))
