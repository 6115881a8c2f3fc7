import { JitError } from '../base/errors.ts'
import { type CloudCredential, readCloudCredential } from '../contract/credential.ts'
import type { Grant, SealedCredential } from '../contract/grant.ts'
import type { Clock } from '../platform/clock.ts'
import type { ApprovalApi } from './approval/types.ts'
import { defined } from '../base/defined.ts'
import { generateEphemeralKey } from './exchange/ephemeral-key.ts'
import { unseal } from './exchange/unseal.ts'
import type { HeldBy } from './leases/holder.ts'
import type { NewLease } from './leases/types.ts'
import { entryTimes } from './slices.ts'
import type { EntryDelivery } from './sinks/types.ts'

export type FetchDeps = {
  readonly api: Pick<ApprovalApi, 'credentials' | 'clockOffsetMs'>
  /** Does what the endpoint leaves to the client (Google's federated grants). `clockOffsetMs`: this machine's clock minus the endpoint's. */
  readonly exchange: (
    credential: CloudCredential,
    options: { readonly clockOffsetMs: number; readonly signal: AbortSignal },
  ) => Promise<CloudCredential>
  readonly clock: Pick<Clock, 'now'>
  readonly signal: AbortSignal
}

/** What one grant brings: something for each cloud of its target. */
export type FetchedGrant = { readonly lease: NewLease; readonly deliveries: readonly EntryDelivery[] }

/** The offset is read off whole seconds, after the answer's way here. */
const OFFSET_NOISE_MS = 2_000

/**
 * Has the endpoint exchange a grant, opens what it sealed to a key that never leaves this process, and finishes the exchange where
 * the endpoint leaves that to us.
 */
export async function fetchGrant(deps: FetchDeps, asked: Pick<Grant, 'id' | 'target'> & HeldBy): Promise<FetchedGrant> {
  const key = generateEphemeralKey()
  const { grant, credentials } = await deps.api.credentials(asked.id, key.publicKey, deps.signal)
  if (grant.id !== asked.id || grant.target !== asked.target || credentials.length === 0) throw unusable(asked)
  const measured = deps.api.clockOffsetMs()
  const clockOffsetMs = Math.abs(measured) < OFFSET_NOISE_MS ? 0 : measured
  const endsAt = Date.parse(grant.endsAt) + clockOffsetMs // the endpoint's time
  const open = async (sealed: SealedCredential): Promise<EntryDelivery> => {
    const opened = unseal(sealed, key.privateKey, readCloudCredential)
    const credential = await deps.exchange(opened, { clockOffsetMs, signal: deps.signal })
    const times = entryTimes(credential, { now: deps.clock.now(), grantEndsAt: endsAt, clockOffsetMs })
    return {
      cloud: sealed.cloud,
      profile: sealed.profile,
      role: roleOf(credential),
      asDefault: false,
      ...times,
      credential,
    }
  }
  return {
    lease: {
      id: grant.id,
      target: grant.target,
      ...defined({ endpoint: asked.endpoint, holder: asked.holder }),
      deliver: grant.deliver ?? 'files',
      endsAt,
      ...(grant.channel === undefined ? {} : { channel: grant.channel }),
    },
    deliveries: await Promise.all(credentials.map(open)),
  }
}

const unusable = ({ id }: Pick<Grant, 'id'>): JitError =>
  new JitError(
    'ENDPOINT_INVALID',
    `The endpoint's answer does not belong to grant ${id}, or brings nothing for it.`,
    'Try again. If it stays so, tell the administrator of the endpoint.',
  )

/** What somebody holds there, in the cloud's own words. */
function roleOf(credential: CloudCredential): string {
  if (credential.cloud === 'aws') return credential.roleArn
  if (credential.cloud === 'gcp') return credential.principal
  return credential.cloud === 'azure' ? credential.role : credential.groups.join(', ')
}
