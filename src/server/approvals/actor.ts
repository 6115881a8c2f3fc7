import { defined } from '../../base/defined.ts'
import type { Actor, AskedFor } from '../audit/types.ts'
import type { Caller } from './types.ts'
import type { Wanted } from './wanted.ts'

/** The caller as the log names him: who, with which key, from where. */
export function actor({ person: { issuer, subject }, jkt, address }: Caller): Actor {
  return { issuer, subject, jkt, address }
}

export function askedFor(caller: Caller, wanted: Wanted & { readonly fingerprint?: string }): AskedFor {
  const { targets, durationSeconds, reason, ticket, startsAt, host, fingerprint } = wanted
  const by = { ...actor(caller), name: caller.person.name.toWellFormed(), flow: caller.flow, host }
  return defined({ by, targets, durationSeconds, reason, ticket, startsAt, fingerprint })
}
