import type { Parcel } from '../sinks/types.ts'
import { finishCut, type LeaseDeps } from './deps.ts'
import { asJitError, NOTHING_LEFT, TRIED_AGAIN } from './failure.ts'
import { confirmFiles, filesOf, type LeaseFile, writeFiles } from './files.ts'
import { assertLeaseId } from './journal.ts'
import { sharesProfile } from './shares-profile.ts'
import type { Lease, NewLease, Place } from './types.ts'
import { endLease } from './wipe.ts'

/**
 * Journal, secrets, journal: a crash at any point leaves either the user's own bytes or a durable entry that names every place
 * where secret bytes may lie. All places of all clouds or none. The caller holds the lock, so no other entry is in state
 * `writing` by rights.
 */
export async function writeLease(
  deps: LeaseDeps,
  wanted: NewLease,
  parcels: readonly Parcel[],
  onUsable: (lease: Lease) => void = () => undefined,
): Promise<Lease> {
  assertLeaseId(wanted.id)
  const files = await filesOf(deps, parcels)
  const entries = parcels.map(({ entry }) => entry)
  const lease = draft(deps, { ...wanted, entries }, files)
  try {
    deps.store.put(lease)
    finishCut(deps, lease.places)
    const times = await writeFiles(deps, lease, files)
    const active: Lease = { ...lease, state: 'active' }
    deps.store.put(active)
    await endReplaced(deps, active)
    onUsable(active)
    await confirmFiles(deps, lease, files, times)
    return active
  } catch (error) {
    const { wiped } = await endLease(deps, lease, 'interrupted')
    throw asJitError(error, `Could not write ${pathsOf(lease)}`, wiped ? NOTHING_LEFT : TRIED_AGAIN)
  }
}

export const pathsOf = ({ places }: Pick<Lease, 'places'>): string => places.map(({ path }) => path).join(', ')

function draft(
  { store, clock }: LeaseDeps,
  wanted: NewLease & Pick<Lease, 'entries'>,
  files: readonly LeaseFile[],
): Lease {
  const bootId = clock.bootId()
  const earlier = store.list().find(({ id }) => id === wanted.id)
  return {
    ...wanted,
    version: 1,
    state: 'writing',
    writtenAt: clock.now(),
    writtenAtBootSeconds: Math.floor(clock.bootSeconds()), // early by under a second rather than late
    ...(bootId === undefined ? {} : { bootId }),
    places: withEarlier(
      files.map(({ place }) => place),
      earlier?.places ?? [],
    ),
    attempts: 0,
  }
}

/** The same grant may have been written before, elsewhere or with other secrets: those must be found too. */
export function withEarlier(places: readonly Place[], earlier: readonly Place[]): readonly Place[] {
  const before = new Map(earlier.map((place) => [place.path, place]))
  const kept = places.map((place) => {
    const { secretHashes = [] } = before.get(place.path) ?? {}
    return { ...place, secretHashes: [...new Set([...secretHashes, ...place.secretHashes])] }
  })
  return [...kept, ...earlier.filter(({ path }) => !places.some((place) => place.path === path))]
}

/** Earlier leases that gave a profile which this one has just taken over: their grants have no use any more. */
async function endReplaced(deps: LeaseDeps, { id, entries }: Lease): Promise<void> {
  const replaced = deps.store.list().filter((each) => each.id !== id && sharesProfile(each.entries, entries))
  for (const lease of replaced) await endLease(deps, lease, 'revoked')
}
