import type { Environment } from '../../base/environment.ts'
import type { Http } from '../../platform/http.ts'
import type { RunToEnd } from '../../platform/processes.ts'

/** As the configuration of the endpoint calls them (`Discovery.workloads`). */
export const PROVIDERS = [
  'github',
  'gitlab',
  'circleci',
  'buildkite',
  'azure-devops',
  'kubernetes',
  'aws',
  'google',
  'spiffe',
  'pinned',
] as const
export type Provider = (typeof PROVIDERS)[number]

/** What the surroundings of a process say without network or program. */
export type Surroundings = {
  readonly env: Environment
  /** Text of a file; `undefined` where there is none, or none that can be read. */
  readonly readText: (path: string) => string | undefined
}

export type TokenDeps = Surroundings & {
  readonly http: Http
  readonly run: RunToEnd
  readonly isOnPath: (program: string) => boolean
  readonly signal?: AbortSignal | undefined
}

/** Where the ID token of a workload comes from. One file each. */
export interface TokenSource {
  readonly provider: Provider
  /** As messages call it: `GitHub Actions`. */
  readonly name: string
  /**
   * `job`: what runs here was started by a pipeline, so it speaks for the pipeline whoever else is logged in on this machine.
   * `machine`: the identity of a host or pod, which is nobody's where a person works on it.
   */
  readonly kind: 'job' | 'machine'
  isHere(around: Surroundings): boolean
  /** What tells this job from others of the same user on the same machine. */
  jobOf(around: Surroundings): readonly string[]
  /** Throws `LOGIN_NEEDED` or `LOGIN_FAILED` for what is wrong whichever endpoint is asked, so before one is; absent where nothing can be. */
  assertSetUp?(around: Surroundings): void
  /**
   * A fresh token for `audience`, as far as the platform lets anyone choose. Rejects with `LOGIN_NEEDED` where the job is not
   * set up for it, `LOGIN_FAILED` where the platform refuses, `IDP_UNREACHABLE` where it does not answer.
   */
  fetch(deps: TokenDeps, audience: string): Promise<string>
}
