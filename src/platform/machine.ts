import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * Tells machines that share one home directory apart, so that each keeps its own journal and lock (locks do not reach over
 * NFS). Hashed, because machine-id(5) asks not to show the id itself.
 */
export function machineId(): string {
  return createHash('sha256').update(`jit:${systemId()}`).digest('hex').slice(0, 16)
}

function systemId(): string {
  try {
    return `${readFileSync('/etc/machine-id', 'utf8').trim()}:${hostname()}`
  } catch {
    return hostname() // macOS, Windows, some containers
  }
}
