import { JitError } from '../../base/errors.ts'
import type { Parcel } from '../sinks/types.ts'
import { finishCut, type LeaseDeps } from './deps.ts'
import { isOver } from './expiry.ts'
import { asJitError } from './failure.ts'
import { confirmFiles, filesOf, type LeaseFile, writeFiles } from './files.ts'
import type { Entry, Lease, Place } from './types.ts'
import { pathsOf, withEarlier } from './write.ts'

const STAYS = 'What was there before stays until its end. Mend the cause and try again.'

/**
 * Writes the next slice of a live lease in place of the last one; its end stays where it is. The entry knows old and new secrets
 * before the first new byte is written, and forgets the old ones when they are gone. The caller holds the lock.
 */
export async function writeSlice(deps: LeaseDeps, lease: Lease, parcels: readonly Parcel[]): Promise<Lease> {
  const files = await filesOf(deps, parcels)
  const places = withEarlier(
    files.map(({ place }) => place),
    lease.places,
  ).map((place) => asBefore(place, lease))
  const renewing: Lease = { ...lease, places }
  try {
    deps.store.put(renewing)
    finishCut(deps, renewing.places)
    const times = await writeFiles(deps, renewing, files)
    await confirmFiles(deps, renewing, files, times)
    const renewed = { ...renewing, entries: entriesAfter(lease, parcels), places: withoutOld(renewing.places, files) }
    deps.store.put(renewed)
    return renewed
  } catch (error) {
    throw asJitError(error, `Could not write ${pathsOf({ places: files.map(({ place }) => place) })}`, STAYS)
  }
}

/** The lease to renew; throws `GRANT_ENDED` where it is over or gone. */
export function renewableLease({ store, clock }: LeaseDeps, id: string): Lease {
  const lease = store.list().find((each) => each.id === id)
  if (lease !== undefined && lease.state === 'active' && !isOver(lease, clock, store.lastSeen())) return lease
  throw new JitError(
    'GRANT_ENDED',
    `The grant ${lease?.target ?? id} is over on this machine.`,
    'Ask again: jit elevate TARGET --reason TEXT',
  )
}

/** What the file was like before us is known since the first slice. */
function asBefore(place: Place, { places }: Lease): Place {
  const first = places.find(({ path }) => path === place.path)
  return first === undefined ? place : { ...first, secretHashes: place.secretHashes }
}

function withoutOld(places: readonly Place[], files: readonly LeaseFile[]): readonly Place[] {
  const fresh = new Map(files.map(({ place }) => [place.path, place.secretHashes]))
  return places.map((place) => ({ ...place, secretHashes: fresh.get(place.path) ?? place.secretHashes }))
}

const entriesAfter = ({ entries }: Lease, parcels: readonly Parcel[]): readonly Entry[] =>
  entries.map((entry) => parcels.find((parcel) => parcel.entry.cloud === entry.cloud)?.entry ?? entry)
