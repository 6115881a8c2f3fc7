const CASTAGNOLI = 0x82f63b78

/** CRC-32C in base64, big-endian, as Cloud Storage shows it; gcloud checks downloads against it (RFC 3720 §B.4). */
export function crc32c(bytes: Buffer): string {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? CASTAGNOLI : 0)
  }
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE((crc ^ 0xffffffff) >>> 0)
  return sum.toString('base64')
}
