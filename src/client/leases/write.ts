import { JitError } from '../../base/errors.ts'
import type { Delivery, Sink } from '../sinks/types.ts'
import { finishCut, type LeaseDeps } from './deps.ts'
import { asJitError, NOTHING_LEFT, TRIED_AGAIN } from './failure.ts'
import type { Lease, NewLease, Place } from './types.ts'
import { endLease } from './wipe.ts'

const ROUNDS = 5

/**
 * Journal, secret, journal: a crash at any point leaves either the user's own bytes or a durable entry that names every place
 * where secret bytes may lie. The caller holds the lock, so no other entry is in state `writing` by rights.
 */
export async function writeLease(
  deps: LeaseDeps,
  sink: Sink,
  wanted: NewLease,
  delivery: Delivery,
  onUsable: (lease: Lease) => void = () => undefined,
): Promise<Lease> {
  const place = placeFor(deps, sink, wanted, delivery)
  const lease = draft(deps, wanted, place)
  try {
    deps.store.put(lease)
    finishCut(deps, [place])
    await sink.write(lease, place, delivery)
    const writtenAt = deps.clock.now()
    const active: Lease = { ...lease, state: 'active' }
    deps.store.put(active)
    await endReplaced(deps, active)
    onUsable(active)
    await confirm(deps, sink, { lease: active, place, delivery, writtenAt })
    return active
  } catch (error) {
    const { wiped } = await endLease(deps, lease, 'interrupted')
    throw asJitError(error, `Could not write ${place.path}`, wiped ? NOTHING_LEFT : TRIED_AGAIN)
  }
}

function placeFor({ store }: LeaseDeps, sink: Sink, wanted: NewLease, delivery: Delivery): Place {
  const place = { ...sink.plan(wanted), secretHashes: sink.secretHashes(delivery) }
  const earlier = store.list().flatMap(({ places }) => places.filter(({ path }) => path === place.path))[0]
  return earlier === undefined ? place : inherit(place, earlier)
}

/** What the file was like before the first of us: whoever goes last gives it back. */
function inherit({ mode: _current, ...place }: Place, { existed, madeDirectories, mode }: Place): Place {
  return { ...place, existed, madeDirectories, ...(mode === undefined ? {} : { mode }) }
}

function draft({ clock }: LeaseDeps, wanted: NewLease, place: Place): Lease {
  const bootId = clock.bootId()
  return {
    ...wanted,
    version: 1,
    state: 'writing',
    writtenAt: clock.now(),
    writtenAtBootSeconds: Math.floor(clock.bootSeconds()), // early by under a second rather than late
    ...(bootId === undefined ? {} : { bootId }),
    places: [place],
    attempts: 0,
  }
}

/** Earlier leases whose profile this one has just taken over: nothing of theirs is left in the file. */
async function endReplaced(deps: LeaseDeps, { id, profile, cloud }: Lease): Promise<void> {
  const replaced = deps.store
    .list()
    .filter((each) => each.id !== id && each.cloud === cloud && each.profile === profile)
  for (const lease of replaced) await endLease(deps, lease, 'revoked')
}

type Written = {
  readonly lease: Lease
  readonly place: Place
  readonly delivery: Delivery
  readonly writtenAt: number
}

async function confirm({ clock }: LeaseDeps, sink: Sink, written: Written): Promise<void> {
  const { lease, place, delivery } = written
  let { writtenAt } = written
  for (let round = 0; round < ROUNDS; round++) {
    if (await sink.confirm(lease, place, writtenAt)) return
    await sink.write(lease, place, delivery)
    writtenAt = clock.now()
  }
  throw new JitError('WRITE_FAILED', `Another program keeps writing over ${place.path}.`, 'Try again when it is done.')
}
