import { type Check, CHECKS, type Fact } from './fact.ts'
import type { DeliveryMode } from '../../src/contract/target.ts'

/** A line of the table: a client in one mode, or why it is not there. */
export type Row = { readonly client: string; readonly mode: DeliveryMode; readonly skipped?: string }

const NAMES = Object.keys(CHECKS).filter((name): name is Check => name in CHECKS)
const letterOf = (check: Check): string => String.fromCodePoint(97 + NAMES.indexOf(check))

export function printTable(rows: readonly Row[], facts: readonly Fact[]): void {
  const [wide, mode] = [Math.max(...rows.map(({ client }) => client.length)), 'isolated'.length]
  for (const check of NAMES) console.log(`${letterOf(check)}  ${check.padEnd(8)} ${CHECKS[check]}`)
  console.log(`\n${'client'.padEnd(wide)}  ${'mode'.padEnd(mode)}  ${NAMES.map((name) => name.padEnd(8)).join('')}`)
  for (const row of rows) {
    const cells = NAMES.map((check) =>
      cell(
        row,
        facts.find((fact) => isOf(fact, row) && fact.check === check),
      ).padEnd(8),
    )
    console.log(`${row.client.padEnd(wide)}  ${row.mode.padEnd(mode)}  ${row.skipped ?? cells.join('')}`.trimEnd())
  }
  for (const { client, mode: of, check, wrong } of facts)
    for (const line of wrong) console.log(`\nFAILED  ${client}, ${of}, ${check}: ${line}`)
}

const isOf = (fact: Fact, { client, mode }: Row): boolean => fact.client === client && fact.mode === mode

function cell({ skipped }: Row, fact: Fact | undefined): string {
  if (fact !== undefined) return fact.wrong.length === 0 ? 'ok' : 'FAILED'
  return skipped === undefined ? '-' : 'skipped'
}
