import { terminalText } from '../../base/terminal-text.ts'
import type { Stop } from '../../contract/stop.ts'
import type { CliContext } from '../context.ts'
import { table } from './table.ts'
import { timeOfDay } from './time.ts'

/** What a kill switch is about, safe to print: `everybody`, `user dana@corp.example`. */
export const scopeText = ({ scope, value }: Pick<Stop, 'scope' | 'value'>): string =>
  scope === 'all' ? 'everybody' : terminalText(`${scope} ${value ?? ''}`)

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
