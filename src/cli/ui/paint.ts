/** What text means, not how it looks. */
export type Paint = {
  readonly error: (text: string) => string
  readonly good: (text: string) => string
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
}

const same = (text: string): string => text
export const noPaint: Paint = { error: same, good: same, strong: same, faint: same }

/** Loads `chalk` only where colour will be seen: it costs a hot command a tenth of its time. */
export async function loadPaint(colour: boolean): Promise<Paint> {
  if (!colour) return noPaint
  const { Chalk } = await import('chalk')
  const chalk = new Chalk({ level: 1 }) // 16 colours: the user's own theme
  return { error: chalk.red.bold, good: chalk.green, strong: chalk.bold, faint: chalk.dim }
}
