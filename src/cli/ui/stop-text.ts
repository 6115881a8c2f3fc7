import { terminalText } from '../../base/terminal-text.ts'
import type { Stop, StopAnswer, StopCall } from '../../contract/stop.ts'
import type { CliContext } from '../context.ts'
import { table } from './table.ts'
import { timeOfDay } from './time.ts'

/** What a kill switch is about, safe to print: `everybody`, `user dana@corp.example`. */
export const scopeText = ({ scope, value }: Pick<Stop, 'scope' | 'value'>): string =>
  scope === 'all' ? 'everybody' : terminalText(`${scope} ${value ?? ''}`)

/** What throwing one did, a line each. A name that nobody has is stopped too: somebody of that name may come later. */
export function stoppedText(
  call: Omit<StopCall, 'reason'>,
  { stop, endedGrants, cancelledRequests }: StopAnswer,
): readonly string[] {
  const isIdle = endedGrants + cancelledRequests === 0
  const done = `Stopped ${scopeText(call)}: ${counted(endedGrants, 'grant')} ended, ${counted(cancelledRequests, 'request')} cancelled.`
  if (call.scope === 'grant')
    return [isIdle ? `Grant ${terminalText(call.value ?? '')} was over already: there was nothing to end.` : done]
  return [
    done,
    ...(isIdle && call.scope === 'user' ? [UNKNOWN_NAME] : []),
    `Nothing new is given until: jit kill --lift ${terminalText(stop.id)}`,
  ]
}

const UNKNOWN_NAME =
  'Nobody of that name holds or asks for anything now. Check the spelling; the stop stands: jit kill --list'

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

export function printStops({ terminal, clock }: CliContext, stops: readonly Stop[]): void {
  if (stops.length === 0) return terminal.note('Nothing is stopped.')
  const rows = stops.map((stop) => [
    stop.id,
    scopeText(stop),
    stop.reason,
    stop.by.email ?? stop.by.name,
    timeOfDay(Date.parse(stop.at), clock.now()),
  ])
  const heading = ['STOP', 'WHAT', 'REASON', 'BY', 'SINCE']
  terminal.out(table(heading, rows, { columns: terminal.columns, paint: terminal.paint.out }))
  terminal.note('Let one go again: jit kill --lift ID')
}
