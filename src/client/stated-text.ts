import { JitError } from '../base/errors.ts'
import { flawOf, LONGEST_TEXT, oneLine } from '../contract/plain-text.ts'

/** As it was given. Throws `USAGE` for what the endpoint would not show to people; whether it must be given at all is not asked here. */
export function statedText(what: keyof typeof LONGEST_TEXT, text: string): string {
  const line = oneLine(text)
  const flaw = line === '' ? undefined : flawOf(what, line, LONGEST_TEXT[what])
  if (flaw !== undefined) throw new JitError('USAGE', flaw.detail, flaw.hint)
  return text
}
