import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { Audit } from '../audit/types.ts'
import type { ConfiguredTarget } from '../config/types.ts'
import type { Policy } from '../policy/types.ts'
import type { Store } from '../store/types.ts'
import type { EndWatch } from './end-watch.ts'
import type { Watch } from './watch.ts'

/** What the life of requests and grants needs. */
export type Deps = {
  readonly store: Store
  readonly audit: Audit
  readonly policy: Policy
  readonly targets: ReadonlyMap<string, ConfiguredTarget>
  /** Names of the configured pipelines. */
  readonly pipelines: ReadonlySet<string>
  /** How long a request may wait for people. */
  readonly pendingSeconds: number
  readonly random: Random
  /** Only for waiting; every time that counts is the database's. */
  readonly clock: Clock
  /** News of requests. */
  readonly watch: Watch
  /** News of grants. */
  readonly ends: EndWatch
}
