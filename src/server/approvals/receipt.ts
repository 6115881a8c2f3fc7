import { defined } from '../../base/defined.ts'
import type { Receipt } from '../../contract/receipt.ts'
import { Refusal } from '../refusal.ts'
import { actor } from './actor.ts'
import type { Deps } from './deps.ts'
import { plainText } from './plain-text.ts'
import { samePerson } from './record.ts'
import { noSuchGrant } from './refusals.ts'
import type { Caller } from './types.ts'

/** More would share one home directory than anybody has seen. */
const MOST_MACHINES = 100

/**
 * What a machine of the holder tells of his credentials. From any key of his: a new login has a new one, and what an old one
 * left behind must be accounted for; the leaf names the key. Said again, it changes nothing and is not told twice.
 */
export async function receive(deps: Deps, caller: Caller, grantId: string, receipt: Receipt): Promise<void> {
  const { outcome, at, machine } = receipt
  const why = outcome === 'stuck' && receipt.why !== undefined ? plainText('why', receipt.why, 500) : undefined
  if (!/^[\x21-\x7e]{1,64}$/.test(machine))
    throw new Refusal('invalid_request', 'The name of a machine is 1 to 64 visible ASCII characters.')
  await deps.store.transaction(async (tx) => {
    const grant = await tx.grant(grantId)
    if (grant === undefined) throw noSuchGrant()
    if (!samePerson(caller.person, { issuer: grant.holderIssuer, subject: grant.holderSubject })) throw noSuchGrant()
    const told = await tx.heldReceipts(grantId)
    if (told.length >= MOST_MACHINES && !told.some((row) => row.machine === machine))
      throw new Refusal('invalid_request', `${MOST_MACHINES} machines have told of this grant; no more are noted.`)
    const row = { grantId, machine, outcome, why: why ?? null, reportedAt: Date.parse(at) }
    if (!(await tx.putReceipt(row))) return
    await deps.audit.append(tx, await tx.now(), [
      defined({ kind: `lease.${outcome}` as const, grant: grantId, machine, by: actor(caller), at, why }),
    ])
  })
}
