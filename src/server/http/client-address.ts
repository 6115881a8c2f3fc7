import { z } from 'zod'

const address = z.union([z.ipv4(), z.ipv6()])

/**
 * Where a call came from: the peer of the socket, or, where that is a trusted proxy, the nearest address in
 * `X-Forwarded-For` that is none. Entries left of it were written by the caller and prove nothing.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  isTrustedProxy: (address: string) => boolean,
): string {
  let nearest = plain(peer ?? 'unknown')
  for (const entry of (forwardedFor ?? '').split(',').toReversed()) {
    const next = plain(entry.trim())
    if (!isTrustedProxy(nearest) || !address.safeParse(next).success) break
    nearest = next
  }
  return nearest
}

/** An IPv4 peer of a socket that listens on IPv6 too is `::ffff:192.0.2.1`; some proxies write a port: `192.0.2.1:443`, `[2001:db8::7]:443`. */
const plain = (text: string): string =>
  text
    .replace(/^\[(.+)\](:\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/^::ffff:(?=\d+\.)/i, '')
