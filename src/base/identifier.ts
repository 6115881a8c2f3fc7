const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'

/** `prefix_` and 26 characters of Crockford base32 over 128 random bits: cannot be guessed, safe in file names, URLs and STS session names. */
export function identifier(prefix: string, bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new RangeError('An identifier takes 16 bytes.')
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  let text = ''
  for (let i = 0; i < 26; i++) {
    text = CROCKFORD.charAt(Number(bits & 31n)) + text
    bits >>= 5n
  }
  return `${prefix}_${text}`
}
