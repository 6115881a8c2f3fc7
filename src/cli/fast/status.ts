import { status } from '../../client/status.ts'
import { isSwitchText, oddSwitches } from '../switches.ts'
import { printStatus } from '../ui/status-text.ts'
import type { Fast } from './types.ts'

/** `jit status`, where a start of jit has nothing else to do. */
export const fastStatus: Fast = async (rest, { installation, terminal, clock, env, switches }) => {
  const { leases, pending, notes } = installation
  if (!isSwitchText(env['JIT_JSON']) || oddSwitches(env).length > 0) return false // what is wrong with them is said there
  if (rest.some((word) => word !== '--json') || leases.due() || leases.outbox.list().length > 0) return false
  printStatus({ terminal: await terminal(), clock }, status({ leasing: leases, pending, notes, clock }), switches)
  return true
}
