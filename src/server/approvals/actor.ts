import { defined } from '../../base/defined.ts'
import type { Actor, AskedFor } from '../audit/types.ts'
import type { Caller, Workload } from './types.ts'
import type { Wanted } from './wanted.ts'

/** The caller as the log names him: who, with which key, from where. */
export function actor({ person: { issuer, subject }, jkt, address }: Caller): Actor {
  return { issuer, subject, jkt, address }
}

export function askedFor(caller: Caller, wanted: Wanted & { readonly fingerprint?: string }): AskedFor {
  const { targets, durationSeconds, reason, ticket, startsAt, host, fingerprint } = wanted
  const { flow, person, workload } = caller
  const by = defined({
    ...actor(caller),
    name: person.name.toWellFormed(),
    flow,
    host,
    workload: workload && job(workload),
  })
  return defined({ by, targets, durationSeconds, reason, ticket, startsAt, fingerprint })
}

/** Its claims stay out: the provider, asked about the run, tells them all. */
const job = ({ provider, pipelines, run }: Workload) => defined({ provider, pipelines, run })
