const UNITS = { d: 86_400, h: 3_600, m: 60, s: 1 } as const
const LONGEST_SECONDS = 7 * UNITS.d

// Written with [0-9]: a reader need not know that \d is ASCII here. Five digits bound every sum far below 2^53.
const COUNT = '(0|[1-9][0-9]{0,5})'
const SHORT = new RegExp(`^(?:${COUNT}d)?(?:${COUNT}h)?(?:${COUNT}m)?(?:${COUNT}s)?$`)
const ISO_8601 = new RegExp(`^P(?:${COUNT}D)?(?:T(?=[0-9])(?:${COUNT}H)?(?:${COUNT}M)?(?:${COUNT}S)?)?$`)

/**
 * Seconds in `90m`, `1h30m`, `5400s`, `2d` or `PT1H30M` (ISO 8601): units in descending order, each at most once, whole numbers.
 * Throws `RangeError` with a sentence for anything else, for nothing at all and for more than seven days.
 */
export function parseDuration(text: string): number {
  const parts = SHORT.exec(text) ?? ISO_8601.exec(text)
  if (parts === null || text === '')
    throw new RangeError(`${quoted(text)} is no duration: write 90m, 1h30m or PT1H30M.`)
  const [days, hours, minutes, seconds] = parts.slice(1).map((count) => Number(count ?? 0))
  const total = (days ?? 0) * UNITS.d + (hours ?? 0) * UNITS.h + (minutes ?? 0) * UNITS.m + (seconds ?? 0)
  if (total === 0) throw new RangeError(`${quoted(text)} is no time at all: write 90m, 1h30m or PT1H30M.`)
  if (total > LONGEST_SECONDS)
    throw new RangeError(
      `${quoted(text)} is longer than ${formatDuration(LONGEST_SECONDS)}, the longest duration there is.`,
    )
  return total
}

/** {@link parseDuration} where the reader says in its own words what is wrong. */
export function readDuration(text: string): number | undefined {
  try {
    return parseDuration(text)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** `5400` as `1h 30m`. Fractions of a second are dropped; nothing left is `0s`. */
export function formatDuration(seconds: number): string {
  const parts: string[] = []
  let rest = Math.max(0, Math.floor(seconds))
  for (const [unit, size] of Object.entries(UNITS)) {
    if (rest >= size) parts.push(`${Math.floor(rest / size)}${unit}`)
    rest %= size
  }
  return parts.join(' ') || '0s'
}

const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
