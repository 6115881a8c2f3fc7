import { readFileSync } from 'node:fs'
import { homedir, hostname } from 'node:os'

/**
 * Tells machines that share one home directory apart, so that each keeps its own journal and lock (locks do not reach over
 * NFS). 16 hex digits, half the size of the id behind them, because machine-id(5) asks not to show that itself.
 */
export const machineId = (): string => shortHash(`jit:${systemId()}`)

/** 16 hex digits that tell names apart; nothing is protected by it. */
export const shortHash = (text: string): string => fnv1a64(text).toString(16).padStart(16, '0')

/** FNV-1a: a directory name needs no cryptography, and loading node:crypto costs every start a fifth of its time. */
function fnv1a64(text: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash
}

function systemId(): string {
  try {
    return `${readFileSync('/etc/machine-id', 'utf8').trim()}:${hostname()}`
  } catch {
    return hostname() // macOS, Windows, some containers
  }
}

export const homeOf = (): string => homedir()
