import type { Environment } from '../base/environment.ts'
import type { ServingDeps } from '../client/served-credential.ts'
import type { KubernetesServing } from '../client/served-kubernetes.ts'
import { systemClock } from '../platform/clock.ts'
import type { Installation } from './installation.ts'
import { CALLER_LIMIT_MS, renewing, type RenewingHost } from './renewing.ts'

/** Google's libraries give up after the ten seconds that our credentials file allows. */
export const GOOGLE_LIMIT_MS = 8_000

type Limits = { readonly limitMs?: number; readonly signal?: AbortSignal }

/** How this installation serves credentials to clients that ask: from its records, and from the endpoint where a slice is over. */
export const servingFrom = (
  host: RenewingHost,
  installation: Installation,
  { limitMs = CALLER_LIMIT_MS, signal = new AbortController().signal }: Limits = {},
): ServingDeps => ({
  leases: () => installation.leases.list(),
  read: installation.read,
  readSealed: installation.readSealed,
  renewed: renewing(host, installation, { limitMs, signal }),
  clock: systemClock,
})

/** The same for kubectl. */
export function servingKubernetesFrom(serving: ServingDeps, env: Environment): KubernetesServing {
  return { ...serving, env, readSealed: ({ id }, { cloud, path }) => serving.readSealed({ lease: id, cloud, path }) }
}
