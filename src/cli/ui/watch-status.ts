import { JitError } from '../../base/errors.ts'
import type { Status } from '../../client/status.ts'
import type { CliContext } from '../context.ts'
import { liveView } from './live-view.ts'
import { printStatus, statusJson } from './status-text.ts'

const EVERY_MS = 1000
/** Where the terminal has written `^C`, and the line above, which said what ends it. */
const OVER_LAST = '\r\u001b[K\u001b[1A\u001b[K'

/**
 * Shows how things stand until Ctrl-C, or until whoever reads it is gone. It does not end with the last grant: whoever keeps it
 * open wants to see the next one too. Reads records and does nothing else.
 */
export async function watchStatus(
  ctx: CliContext,
  look: () => Status,
  { json }: { readonly json: boolean },
): Promise<void> {
  const { terminal, clock, signal } = ctx
  if (!json && !terminal.outIsTty)
    throw new JitError('USAGE', '--watch draws on a terminal, and stdout is none.', 'Add: --json')
  const show = json ? changes(terminal.screen.write) : drawing(ctx)
  while (!signal.aborted && show(look())) await clock.sleep(EVERY_MS, signal)
  if (!json) terminal.screen.write(OVER_LAST)
}

/** A line for each change; that time passes is none. */
function changes(write: (text: string) => boolean): (now: Status) => boolean {
  let last = ''
  return (now) => {
    const document = statusJson(now)
    const lasting = JSON.stringify(document, (key, value: unknown) => (key === 'secondsLeft' ? undefined : value))
    if (lasting === last) return true
    last = lasting
    return write(`${JSON.stringify(document)}\n`)
  }
}

function drawing({ terminal, clock }: CliContext): (now: Status) => boolean {
  const draw = liveView(terminal.screen)
  const { paint, screen } = terminal
  return (now) => {
    const lines: string[] = []
    const add = (text: string): void => void lines.push(...text.split('\n'))
    const page = {
      ...terminal,
      columns: screen.columns(),
      out: add,
      note: add,
      paint: { out: paint.out, note: paint.out },
    }
    printStatus({ terminal: page, clock }, now, { json: false })
    add(paint.out.faint('Ctrl-C ends this.'))
    return draw(lines)
  }
}
