import { status } from '../../client/status.ts'
import { printStatus } from '../ui/status-text.ts'
import type { Fast } from './types.ts'

/** `jit status`, where a start of jit has nothing else to do. */
export const fastStatus: Fast = async (rest, { installation, terminal, clock, switches }) => {
  if (rest.some((word) => word !== '--json') || installation.isSweepDue() || installation.hasQueued()) return false
  const { leases, pending } = installation
  printStatus({ terminal: await terminal(), clock }, status({ leasing: leases, pending, clock }), switches)
  return true
}
