import type { Environment } from '../base/environment.ts'
import type { ApprovalApi } from '../client/approval/types.ts'
import type { ChildRunDeps } from '../client/child-run.ts'
import type { ConsoleDeps } from '../client/console.ts'
import type { Check } from '../client/doctor/types.ts'
import type { Elevation, Order, Progress } from '../client/elevation.ts'
import type { Extension, ExtensionDeps, ExtensionOrder } from '../client/extension.ts'
import type { explainWish } from '../client/explanation.ts'
import type { HousekeepingDeps } from '../client/housekeeping.ts'
import type { LogoutResult } from '../client/identity/logout.ts'
import type { Identity } from '../client/identity/types.ts'
import type { Leasing } from '../client/leasing.ts'
import type { LoginOrder, LoginResult } from '../client/login.ts'
import type { PendingRequests } from '../client/pending.ts'
import type { RevocationDeps } from '../client/revocation.ts'
import type { Wish } from '../client/preflight.ts'
import type { ServingDeps } from '../client/served-credential.ts'
import type { KubernetesServing } from '../client/served-kubernetes.ts'
import type { StatusDeps } from '../client/status.ts'
import type { Clock } from '../platform/clock.ts'
import type { Ending } from '../platform/processes.ts'
import type { PromptPlaces } from './shell/types.ts'
import type { Ask } from './ui/ask.ts'
import type { Busy } from './ui/busy.ts'
import type { Spinner } from './ui/spinner.ts'
import type { Terminal } from './ui/terminal.ts'

/**
 * Everything a command may touch. Built once in wiring.ts; a fake of it is the whole test set-up. What costs time to make or
 * opens disk, keychain or network is a function, so that help and bad usage never pay for it.
 */
export type CliContext = {
  readonly version: string
  readonly env: Environment
  readonly platform: NodeJS.Platform
  readonly terminal: Terminal
  readonly clock: Clock
  /** Aborts at Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal
  readonly ask: Ask
  readonly spinner: () => Promise<Spinner>
  /** Says what `work` waits for, where that takes long and somebody watches. What goes to endpoint, cloud and disk says so itself. */
  readonly waiting: Busy['during']
  /** Address of the endpoint from `JIT_ENDPOINT_URL` or the settings. */
  readonly endpoint: () => string | undefined
  /** Logged in, or LOGIN_NEEDED. */
  readonly api: () => Promise<ApprovalApi>
  /** The platform of the job that this is, where a login of a person would change nothing. */
  readonly jobInPlaceOfLogin: () => Promise<string | undefined>
  readonly login: (order: LoginOrder) => Promise<LoginResult>
  readonly logout: () => Promise<LogoutResult>
  readonly whoami: () => Promise<Pick<Identity, 'me' | 'endpoint'>>
  readonly elevation: (tell: (progress: Progress) => void) => Promise<Elevating>
  readonly extension: (
    deps: Pick<ExtensionDeps, 'tell' | 'askReason'>,
  ) => Promise<{ readonly extend: (order: ExtensionOrder) => Promise<Extension> }>
  /** How much each target of the endpoint is used from here; 0 is never. */
  readonly used: () => Promise<(target: string) => number>
  readonly revocation: () => Promise<RevocationDeps>
  readonly status: () => Promise<StatusDeps>
  readonly housekeeping: () => Promise<HousekeepingDeps>
  /** For commands that a person typed: a login that has run out is offered anew. */
  readonly serving: () => Promise<ServingDeps>
  /** For clients, which are answered at once or not at all; nobody is asked. */
  readonly servingClients: () => Promise<ServingDeps>
  readonly servingKubernetes: () => Promise<KubernetesServing>
  readonly servingGoogle: () => Promise<ServingDeps>
  /** How clients are told to use what was delivered. */
  readonly guiding: () => Promise<Pick<Leasing, 'guide'>>
  /** Whether a shell would find this program; looks along PATH. */
  readonly isInstalled: (program: string) => boolean
  readonly children: () => Promise<Children>
  readonly console: () => Promise<ConsoleDeps & { readonly isHeadless: boolean }>
  readonly pending: () => Promise<PendingRequests>
  readonly doctor: () => Promise<Doctoring>
  /** Where a shell prompt reads what lives here. */
  readonly promptPlaces: () => PromptPlaces
  /** How this process shall end, where that is not for jit to say: as the program ended that it has run. */
  readonly exit: (as: Ending) => void
  /** What every start does first: ends what is over, sends what waits. Cheap where there is nothing to do. */
  readonly startUp: (argv: readonly string[]) => Promise<void>
}

export type Children = ChildRunDeps & {
  /** Throws `PROGRAM_MISSING` or `PROGRAM_UNUSABLE` for a program that a shell could not start. */
  readonly assertProgram: (file: string) => void
}

export type Doctoring = {
  readonly checks: readonly Check[]
  /** Takes away what wakes jit up, for good. `layer`: its name. */
  readonly removeLayer: () => Promise<{ readonly layer: string; readonly removed: boolean }>
}

/** `client/elevation.ts` and `client/explanation.ts` with everything they need. */
type Elevating = {
  readonly elevate: (order: Order) => Promise<Elevation>
  readonly explain: (wish: Wish) => ReturnType<typeof explainWish>
}
