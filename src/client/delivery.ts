import { readAwsCredential } from '../contract/credential.ts'
import { JitError } from '../base/errors.ts'
import type { Grant } from '../contract/grant.ts'
import type { Clock } from '../platform/clock.ts'
import type { ApprovalApi } from './approval/types.ts'
import { generateEphemeralKey } from './exchange/ephemeral-key.ts'
import { unseal } from './exchange/unseal.ts'
import { deliverOutbox } from './grant-ends.ts'
import { sharesProfile } from './leases/shares-profile.ts'
import type { Lease, NewLease } from './leases/types.ts'
import type { Leasing } from './leasing.ts'
import type { EntryDelivery } from './sinks/types.ts'

export type DeliveryDeps = {
  readonly api: Pick<ApprovalApi, 'credentials' | 'endGrant' | 'clockOffsetMs'>
  readonly endpoint: string
  readonly leasing: Pick<Leasing, 'list' | 'write' | 'wipe' | 'outbox'>
  /** Starts the process that ends leases while no command runs. Must not throw. */
  readonly startReaper: () => void
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** `asDefault`: what is delivered becomes the default profile as well. */
export type Delivering = { readonly grants: readonly Grant[]; readonly asDefault: boolean }

/** The offset is read off whole seconds, after the answer's way here. */
const OFFSET_NOISE_MS = 2_000

type Parcel = { readonly lease: NewLease; readonly deliveries: readonly EntryDelivery[] }

/**
 * Fetches and writes the credentials of these grants: all or none. Where one fails, whatever was written is wiped and every
 * grant is ended at the endpoint. An interruption wipes too but lets the grants stand, so that one can come back.
 */
export async function deliverAll(deps: DeliveryDeps, { grants, asDefault }: Delivering): Promise<readonly Lease[]> {
  const written: Lease[] = []
  try {
    const parcels = (await Promise.all(grants.map((grant) => fetchParcels(deps, grant, asDefault)))).flat()
    const replaced = heldBy(deps, parcels)
    refuseInterrupted(deps.signal)
    for (const { lease, deliveries } of parcels)
      written.push(await deps.leasing.write(lease, deliveries, deps.startReaper))
    await reportEnds(deps, replaced)
    return written
  } catch (error) {
    const ids = written.map(({ id }) => id)
    if (ids.length > 0) await deps.leasing.wipe(ids, 'revoked')
    if (!deps.signal.aborted) await reportEnds(deps, grants)
    throw error
  }
}

async function fetchParcels(deps: DeliveryDeps, asked: Grant, asDefault: boolean): Promise<readonly Parcel[]> {
  const key = generateEphemeralKey()
  const { grant, credentials } = await deps.api.credentials(asked.id, key.publicKey, deps.signal)
  if (grant.id !== asked.id || grant.target !== asked.target || credentials.length !== 1)
    throw new JitError(
      'ENDPOINT_INVALID',
      `The endpoint answered with ${credentials.length} credentials for grant ${asked.id}; this version of jit takes one.`,
      'Update jit, or tell the administrator of the endpoint.',
    )
  const measured = deps.api.clockOffsetMs()
  const offset = Math.abs(measured) < OFFSET_NOISE_MS ? 0 : measured
  return credentials.map((sealed) => {
    if (sealed.cloud !== 'aws')
      throw new JitError('ENDPOINT_INVALID', `This version of jit cannot deliver ${sealed.cloud}.`, 'Update jit.')
    const credential = unseal(sealed, key.privateKey, readAwsCredential)
    // Those are the endpoint's and the cloud's times.
    const validUntil = Math.min(Date.parse(credential.expiration), Date.parse(credential.notAfter)) + offset
    const lease: NewLease = {
      id: grant.id,
      target: grant.target,
      endpoint: deps.endpoint,
      deliver: grant.deliver ?? 'files',
      endsAt: Math.min(Date.parse(grant.endsAt) + offset, validUntil),
    }
    const { cloud, profile } = sealed
    const delivery: EntryDelivery = {
      cloud,
      profile,
      role: credential.roleArn,
      asDefault,
      validUntil,
      credential,
    }
    return { lease, deliveries: [delivery] }
  })
}

/** Own leases whose profile a parcel is about to take over: their grants have no use any more. */
function heldBy({ leasing }: DeliveryDeps, parcels: readonly Parcel[]): readonly Pick<Grant, 'id' | 'target'>[] {
  const taken = parcels.flatMap(({ deliveries }) => deliveries)
  const fresh = new Set(parcels.map(({ lease }) => lease.id))
  return leasing.list().filter(({ entries, id }) => sharesProfile(entries, taken) && !fresh.has(id))
}

async function reportEnds(deps: DeliveryDeps, grants: readonly Pick<Grant, 'id' | 'target'>[]): Promise<void> {
  const { leasing, endpoint, clock } = deps
  if (grants.length === 0) return
  for (const { id, target } of grants)
    leasing.outbox.add({ grant: id, endpoint, target, reason: 'revoked', at: clock.now() })
  const connect = async () => ({ endpoint, api: deps.api })
  await deliverOutbox({ outbox: leasing.outbox, connect, clock }, new AbortController().signal)
}

function refuseInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new JitError('INTERRUPTED', 'Interrupted before anything was written.', '')
}
