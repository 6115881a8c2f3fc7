import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'

/** The other end of a connection. */
export type Peer = Pick<Socket, 'localPort' | 'remotePort'>

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']

/**
 * Whether the program at the other end of a loopback connection is one of user `uid`: on Linux every user reads the arguments of
 * everybody's programs, so an address that works once would be taken by whoever is fastest. True where the system keeps no
 * such table (macOS, Windows).
 */
export function isPeerOf({ localPort, remotePort }: Peer, uid: number): boolean {
  const tables = TABLES.flatMap(linesOf)
  const ends = [remotePort, localPort].map(hex)
  return tables.length === 0 || tables.some((line) => isEnd(line, ends) && ownerOf(line) === uid)
}

function linesOf(table: string): readonly string[] {
  try {
    return readFileSync(table, 'latin1').split('\n')
  } catch {
    return [] // no such table here
  }
}

/** `  0: 0100007F:8F49 0100007F:90BD 01 … uid …`: their end first. Nothing but loopback ever gets to us. */
function isEnd(line: string, [theirs, ours]: readonly string[]): boolean {
  const [, local = '', remote = ''] = line.trim().split(/\s+/)
  return local.endsWith(`:${theirs}`) && remote.endsWith(`:${ours}`)
}

const ownerOf = (line: string): number => Number(line.trim().split(/\s+/)[7])
const hex = (port: number | undefined): string => (port ?? 0).toString(16).toUpperCase().padStart(4, '0')
