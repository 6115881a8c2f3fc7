import { JitError } from '../base/errors.ts'
import { isOver } from './leases/expiry.ts'
import type { Lease } from './leases/types.ts'
import type { LiveLeases } from './live-lease.ts'

/** A grant that takes another's place is written in a moment; whoever writes it may have died over it. */
const [LOOK_MS, LONGEST_MS] = [20, 3_000]

/**
 * What `serve` comes to; again where a new grant took the place of the old one between its look at the records and its look at
 * the secret. So clients that ask jit see no gap at `jit extend`.
 */
export async function evenIfReplaced<T>(target: string, deps: LiveLeases, serve: () => Promise<T>): Promise<T> {
  const before = leasesOf(target, deps).filter(({ state }) => state === 'active')
  try {
    return await serve()
  } catch (error) {
    if (!(error instanceof JitError) || before.length === 0 || !(await isReplaced(target, deps, before))) throw error
    return serve()
  }
}

async function isReplaced(target: string, deps: LiveLeases, before: readonly Lease[]): Promise<boolean> {
  for (let waited = 0; waited < LONGEST_MS; waited += LOOK_MS) {
    const fresh = leasesOf(target, deps).filter(({ id }) => !before.some((each) => each.id === id))
    if (fresh.some(({ state }) => state === 'active')) return true
    if (!fresh.some(({ state }) => state === 'writing')) return false
    await deps.clock.sleep(LOOK_MS)
  }
  return false
}

const leasesOf = (target: string, { leases, clock }: LiveLeases): readonly Lease[] =>
  leases().filter((each) => each.target === target && !isOver(each, clock))
