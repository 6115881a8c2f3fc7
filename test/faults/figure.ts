/** One line of the table: what was tried, how often, and what was found that must not be. */
export type Figure = {
  /** Row of the table in docs/wiping.md, such as `R1`. */
  readonly row: string
  readonly what: string
  readonly count: number
  /** Fewer than this and the loop has not proved anything. */
  readonly least: number
  /** Empty when the promise held. */
  readonly found: readonly string[]
  /** All of `found` are times; nothing was left, lost or said. */
  readonly isOnlyLate?: boolean
  /** Why it could not run on this machine; then nothing is claimed. */
  readonly notRun?: string
}

export type Form = 'short' | 'long'

export const isMissed = ({ count, least, found, notRun }: Figure): boolean =>
  notRun === undefined && (found.length > 0 || count < least)

const SERIES = 3

/** The noise of a shared machine only ever adds, and a slower program is slower every time: what was only too late is tried again. */
export async function bestOfSeries(series: () => Promise<Figure>): Promise<Figure> {
  let figure = await series()
  for (let next = 1; next < SERIES && figure.isOnlyLate === true && isMissed(figure); next++) figure = await series()
  return figure
}

const SHOWN = 5

export function printFigure(figure: Figure, seconds: number): void {
  const { row, what, count, least, found, notRun } = figure
  const verdict = notRun === undefined ? (isMissed(figure) ? 'MISSED' : 'held') : 'not run'
  const numbers = [
    `${count} of ${least}`.padStart(15),
    `${found.length}`.padStart(5),
    `${seconds.toFixed(1)} s`.padStart(8),
  ]
  console.log([row.padEnd(4), what.padEnd(62), ...numbers, ` ${verdict}`].join(' '))
  if (notRun !== undefined) console.log(`       ${notRun}`)
  for (const each of found.slice(0, SHOWN)) console.log(`       ${each}`)
}

export const printHead = (): void =>
  console.log(
    ['row '.padEnd(4), 'what'.padEnd(62), 'tried of least'.padStart(15), 'found', '    time', ' verdict'].join(' '),
  )
