import { defined } from '../base/defined.ts'
import type { Lease, WipeOutcome } from './leases/types.ts'
import type { Leasing } from './leasing.ts'
import { deliverOutbox, endedGrants, type Reporting } from './outbox-delivery.ts'

export type RevocationDeps = { readonly leasing: Pick<Leasing, 'list' | 'unreadable' | 'wipe' | 'outbox'> } & Omit<
  Reporting,
  'outbox'
>

/** A lease as far as it is known: of one whose record cannot be read, that is the grant alone, which then stands as `target` too. */
export type Revocable = Pick<Lease, 'id' | 'target'> &
  Partial<Pick<Lease, 'entries' | 'endpoint' | 'holder' | 'usedBy'>>

export type Revocation = {
  readonly lease: Revocable
  readonly wiped: boolean
  /** What stands in the way of the wipe. */
  readonly why?: string
  /** The endpoint knows. */
  readonly confirmed: boolean
  /** Not confirmed, but the message is on disk and will be sent. */
  readonly queued: boolean
}

/**
 * Wipes everything chosen from this machine, then tells the endpoint: neither a slow network nor one file that refuses may
 * leave another credential usable. The message is queued before the wipe, so a crash in between still reaches the endpoint.
 * Failures are results, so nothing stops early.
 */
export async function revoke(
  deps: RevocationDeps,
  pick: (lease: Revocable) => boolean,
  signal: AbortSignal,
): Promise<readonly Revocation[]> {
  const chosen = (await revocable(deps)).filter(pick)
  const queued = new Set(chosen.filter((lease) => queue(deps, lease)).map(({ id }) => id))
  const outcomes = await deps.leasing.wipe(
    chosen.map(({ id }) => id),
    'revoked',
  )
  const ids = new Set(chosen.map(({ id }) => id))
  const untold: Reporting['untold'] = (why, about) => {
    if (about === undefined || ids.has(about.grant)) deps.untold?.(why, about)
  }
  const told = endedGrants(await deliverOutbox({ ...deps, untold, outbox: deps.leasing.outbox }, signal))
  const confirmed = new Set([...told, ...toldByOthers(deps, queued)])
  return chosen.map((lease) => ({
    lease,
    ...wipeOf(outcomes, lease),
    confirmed: confirmed.has(lease.id),
    queued: queued.has(lease.id) && !confirmed.has(lease.id),
  }))
}

/** Which endpoint gave a grant is lost with its record: it is taken to be the one of the login. */
async function revocable({ leasing, connect }: RevocationDeps): Promise<readonly Revocable[]> {
  const lost = leasing.unreadable().map(({ id }) => ({ id, target: id }))
  if (lost.length === 0) return leasing.list()
  const connection = await connect().catch(() => undefined)
  return [
    ...leasing.list(),
    ...lost.map((lease) => ({ ...lease, ...(connection && { endpoint: connection.login().endpoint }) })),
  ]
}

/** A full disk must not keep the credentials from being wiped, so a message that can't be queued is only reported. */
function queue({ leasing, clock }: RevocationDeps, { id, endpoint, holder, target }: Revocable): boolean {
  if (endpoint === undefined) return false
  try {
    const whose = defined({ endpoint, holder })
    leasing.outbox.add({ kind: 'end', grant: id, ...whose, target, reason: 'revoked', at: clock.now() })
    return true
  } catch {
    return false
  }
}

/** The reaper looks into the outbox too, and may have been quicker. What is confirmed is taken out there, and nothing else is. */
function toldByOthers({ leasing }: RevocationDeps, queued: ReadonlySet<string>): readonly string[] {
  if (queued.size === 0) return []
  const left = endedGrants(leasing.outbox.list())
  return [...queued].filter((id) => !left.has(id))
}

function wipeOf(outcomes: readonly WipeOutcome[], lease: Revocable): { wiped: boolean; why?: string } {
  const outcome = outcomes.find((each) => each.lease === lease.id)
  if (outcome === undefined) return { wiped: true } // another process ended it meanwhile
  return outcome.wiped ? { wiped: true } : { wiped: false, why: outcome.why }
}
