import { FARTHEST_START_DAYS } from '../../contract/request.ts'

const pad = (value: number): string => String(value).padStart(2, '0')

/** `23:30`, or `2026-11-22 09:00` where it is another day than today: the machine's own time zone, the same form in every locale. */
export function timeOfDay(ms: number, nowMs: number): string {
  const [date, today] = [new Date(ms), new Date(nowMs)]
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}`
  if (date.toDateString() === today.toDateString()) return time
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${time}`
}

/**
 * The instant that `--at` means, in ms: `18:30` is the next time that the clock shows it here; a date and time without a zone is
 * local; RFC 3339 is exact. Throws `RangeError` for anything else, for what is over and for what is
 * farther than anything may start.
 */
export function parseStart(text: string, nowMs: number): number {
  const at = clockTime(text, nowMs) ?? dateTime(text)
  if (at === undefined || Number.isNaN(at))
    throw new RangeError(`"${text}" is no time. Write 18:30, 2026-11-22T18:30 or 2026-11-22T17:30:00Z.`)
  if (at <= nowMs) throw new RangeError(`"${text}" is over. Leave out --at to start at once.`)
  if (at > nowMs + FARTHEST_START_DAYS * 86_400_000)
    throw new RangeError(`"${text}" is more than ${FARTHEST_START_DAYS} days ahead. Ask again nearer to the time.`)
  return at
}

function clockTime(text: string, nowMs: number): number | undefined {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? []
  if (hours === undefined || minutes === undefined) return undefined
  const at = new Date(nowMs)
  at.setHours(Number(hours), Number(minutes), 0, 0)
  if (at.getTime() <= nowMs) at.setDate(at.getDate() + 1)
  return at.getTime()
}

function dateTime(text: string): number | undefined {
  const shape = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?$/.exec(text)
  return shape === null ? undefined : Date.parse(`${shape[1]}T${shape[2]}${shape[3] ?? ''}`)
}
