const UNSAFE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]+/gu

/** Text of others, safe to show in a terminal: no escape sequences, no direction marks, one line, not endless. */
export function printable(text: string, longest = 300): string {
  const plain = text.replace(UNSAFE, ' ').trim()
  return plain.length <= longest ? plain : `${plain.slice(0, longest - 1)}…`
}
