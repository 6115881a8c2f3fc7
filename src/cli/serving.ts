import type { Environment } from '../base/environment.ts'
import type { ServingDeps } from '../client/served-credential.ts'
import type { KubernetesServing } from '../client/served-kubernetes.ts'
import { endedElsewhere } from '../client/ended-grants.ts'
import type { RenewalLimits } from '../client/shared-renewal.ts'
import { systemClock } from '../platform/clock.ts'
import type { Installation } from './installation.ts'
import type { LeaseHost } from './host.ts'
import { FOR_CALLERS, renewing } from './renewing.ts'

type Patience = { readonly limits?: RenewalLimits; readonly signal?: AbortSignal }

/** The grant of the `jit exec` that this process runs in. */
export const within = ({ JIT_GRANTED_ID: id }: Environment): readonly string[] => (id === undefined ? [] : [id])

/** How this installation serves credentials to clients that ask: from its records, and from the endpoint where a slice is over. */
export const servingFrom = (
  host: LeaseHost,
  installation: Installation,
  { limits = FOR_CALLERS, signal = new AbortController().signal }: Patience = {},
): ServingDeps => ({
  leases: () => installation.leases.list(),
  read: installation.read,
  readSealed: installation.readSealed,
  within: within(host.process.env),
  renewed: renewing(host, installation, { limits, signal }),
  clock: systemClock,
  ended: (target) => endedElsewhere(installation.notes, target),
})

/** The same for kubectl. */
export function servingKubernetesFrom(serving: ServingDeps, env: Environment): KubernetesServing {
  return { ...serving, env, readSealed: ({ id }, { cloud, path }) => serving.readSealed({ lease: id, cloud, path }) }
}
