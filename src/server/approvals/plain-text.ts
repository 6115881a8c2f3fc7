import { flawOf, oneLine } from '../../contract/plain-text.ts'
import { Refusal } from '../refusal.ts'

/** Text of 1 to `most` characters for people to read, on one line. What cannot be shown honestly is refused. */
export function plainText(what: string, text: string, most: number): string {
  const line = oneLine(text)
  const flaw = flawOf(what, line, most)
  if (flaw !== undefined) throw new Refusal('invalid_request', flaw.detail, flaw.hint)
  return line
}
