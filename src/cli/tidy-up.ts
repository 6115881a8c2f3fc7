import { join } from 'node:path'
import { reasonOf } from '../base/errors.ts'
import { sweep } from '../client/housekeeping.ts'
import { isAnotherOverdue } from '../client/leases/others.ts'
import { systemClock } from '../platform/clock.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { isTimeAgain } from '../platform/throttle.ts'
import type { Installation } from './installation.ts'
import type { OnDemand } from './on-demand.ts'
import { stuckText, sweptText } from './ui/sweep-text.ts'
import type { Terminal } from './ui/terminal.ts'

const OUTBOX_INTERVAL_MS = 30_000
const OTHERS_INTERVAL_MS = 10 * 60_000
const NOT_TOLD = 'The endpoint could not be told yet what ended here. Type: jit sweep'

type Leftovers = Pick<Installation, 'root' | 'leases'>
type Loaded = () => Promise<Pick<OnDemand, 'leasing' | 'connect' | 'inBackground'>>

/** At every start: what is over is removed before the command, and what the endpoint does not know yet is told it beside the command. */
export async function tidyUp(leftovers: Leftovers, terminal: Terminal, loaded: Loaded): Promise<void> {
  if (leftovers.leases.due() || isLeftByAnother(leftovers)) await sweepQuietly(terminal, loaded)
  if (!isOutboxDue(leftovers)) return
  const { inBackground } = await loaded()
  inBackground('sweep', NOT_TOLD)
}

/** Not asked again for some minutes: the records themselves are for the other machine to drop. */
function isLeftByAnother({ root }: Leftovers): boolean {
  const swept = join(root, 'others-swept')
  return (
    isAnotherOverdue(nodeFileSystem, root, systemClock) && isTimeAgain(swept, OTHERS_INTERVAL_MS, systemClock.now())
  )
}

/** What was asked for goes on whatever happens here; `status` and the next start show and retry what is left. */
async function sweepQuietly(terminal: Terminal, loaded: Loaded): Promise<void> {
  try {
    const done = await sweep(await loaded())
    for (const line of sweptText(done)) terminal.note(line)
    const stuck = stuckText(done)
    if (stuck !== '') terminal.note(`Still on this machine: ${stuck}. Where each secret lies: jit status`)
  } catch (error) {
    const why = reasonOf(error)
    terminal.note(`Credentials that are over could not be removed yet. ${why} Try: jit sweep`)
  }
}

function isOutboxDue({ root, leases }: Leftovers): boolean {
  const messages = leases.outbox.list()
  const newest = Math.max(...messages.map(({ at }) => at))
  return messages.length > 0 && isTimeAgain(join(root, 'outbox-tried'), OUTBOX_INTERVAL_MS, systemClock.now(), newest)
}
