import { JitError } from './errors.ts'

/** AWS refuses requests signed by a clock that is off by more. */
export const LONGEST_SKEW_MS = 5 * 60_000

/** This machine's clock minus the answering one's, in ms; `undefined` where the answer does not tell or comes from a cache. */
export function clockOffset(headers: Pick<Headers, 'get'>, nowMs: number): number | undefined {
  const date = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(date) || headers.get('age') !== null ? undefined : nowMs - date
}

/** Throws `CLOCK_SKEW` where the clock is too far off to work with: credentials would be refused, and their end miscounted. */
export function refuseSkew(offsetMs: number, platform: NodeJS.Platform): void {
  if (Math.abs(offsetMs) <= LONGEST_SKEW_MS) return
  throw new JitError(
    'CLOCK_SKEW',
    `The clock of this machine is ${span(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead' : 'behind'}.`,
    `Set it, then try again: ${SET_CLOCK[platform] ?? 'sudo timedatectl set-ntp true'}`,
  )
}

const SET_CLOCK: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: 'sudo sntp -sS time.apple.com',
  win32: 'w32tm /resync',
}

function span(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 120) return `${minutes} minutes`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`
}
