import type { ApprovalApi } from '../../src/client/approval/types.ts'
import { JitError } from '../../src/base/errors.ts'
import { fingerprint } from '../../src/base/fingerprint.ts'
import type { CredentialsAnswer, Grant } from '../../src/contract/grant.ts'
import type { Me } from '../../src/contract/session.ts'
import type { Person } from '../../src/contract/person.ts'
import type { AccessRequest, NewRequest, RequestState } from '../../src/contract/request.ts'
import type { Stop, StopAnswer, StopCall } from '../../src/contract/stop.ts'
import type { Target } from '../../src/contract/target.ts'

export const NOW = Date.parse('2026-11-21T12:00:00Z')
/** Of the key that a fake endpoint is called with. */
export const JKT = 'thumbprint'
export const iso = (ms: number): string => new Date(ms).toISOString()

export const dana: Person = { issuer: 'https://idp.example', subject: 'dana', name: 'Dana', email: 'dana@corp.example' }
export const eve: Person = { issuer: 'https://idp.example', subject: 'eve', name: 'Eve' }

export const target = (name: string, more: Partial<Target> = {}): Target => ({
  name,
  access: [{ cloud: 'aws', account: '111122223333', role: 'Admin', profile: `jit-${name}` }],
  maxDurationSeconds: 4 * 3600,
  approval: { kind: 'people', approvers: ['Dana', 'Eve'], quorum: 1 },
  ...more,
})

export const grant = (name: string, more: Partial<Grant> = {}): Grant => ({
  id: `grant_${name}`,
  requestId: 'req_1',
  target: name,
  state: 'active',
  startsAt: iso(NOW),
  endsAt: iso(NOW + 3_600_000),
  ...more,
})

export const request = (
  state: RequestState,
  asked: Partial<NewRequest>,
  more: Partial<AccessRequest> = {},
): AccessRequest => {
  const targets = asked.targets ?? ['prod-db']
  const durationSeconds = asked.durationSeconds ?? 3600
  const id = more.id ?? 'req_1'
  return {
    id,
    state,
    targets,
    durationSeconds,
    reason: asked.reason ?? 'slow query',
    requester: eve,
    origin: { host: 'laptop', address: '192.0.2.7', flow: 'browser' },
    fingerprint: fingerprint({ requestId: id, jkt: JKT, targets, durationSeconds }),
    createdAt: iso(NOW),
    expiresAt: iso(NOW + 1_800_000),
    needs: targets.map((each) => ({
      target: each,
      approval: { kind: 'people', approvers: ['Dana'], quorum: 1 },
      approvedBy: [],
    })),
    grants: state === 'approved' ? targets.map((each) => grant(each)) : [],
    ...more,
  }
}

export type FakeApproval = {
  readonly targets?: readonly Target[]
  /** What `ask` answers; default: pending. */
  readonly asked?: AccessRequest
  /** What `request(id)` answers. */
  readonly found?: () => AccessRequest | Promise<AccessRequest>
  readonly credentials?: ApprovalApi['credentials']
  readonly online?: boolean
  /** Of the key that is called with now. */
  readonly jkt?: () => string
  /** How whoever asks has logged in. */
  readonly flow?: Me['flow']
  readonly clockOffsetMs?: number
  /** Errors that the first calls of `ask` end with. */
  readonly askFailures?: readonly Error[]
  /** Gets what is asked. */
  readonly heard?: NewRequest[]
  readonly review?: readonly AccessRequest[]
  /** Kill switches in force. */
  readonly stops?: readonly Stop[]
  /** What throwing one does at once. */
  readonly stopping?: Omit<StopAnswer, 'stop'>
}

export const stopOf = ({ scope, value, reason }: StopCall): Stop => ({
  id: 'stop_1',
  scope,
  ...(value === undefined ? {} : { value }),
  reason,
  by: dana,
  at: iso(NOW),
})

export const offline = (): JitError =>
  new JitError('ENDPOINT_UNREACHABLE', 'The endpoint cannot be reached.', 'Check it.')

/** An endpoint over memory; `calls` says what it was told, in order. */
export function fakeApproval(given: FakeApproval, calls: string[]): ApprovalApi {
  const failures = [...(given.askFailures ?? [])]
  const reach = (): void => {
    if (given.online === false) throw offline()
  }
  return {
    get jkt() {
      return given.jkt?.() ?? JKT
    },
    me: async () => ({ person: eve, groups: ['dba'], flow: given.flow ?? 'browser' }),
    targets: async () => {
      reach()
      return given.targets ?? [target('prod-db'), target('logs')]
    },
    explain: async (asked) => ({
      targets: asked.targets.map((name) => ({
        target: name,
        approval: { kind: 'people', approvers: ['Dana'], quorum: 1 },
        maxDurationSeconds: 3600,
        policies: ['prod-needs-dana'],
      })),
    }),
    ask: async (asked, key) => {
      calls.push(`ask ${asked.targets.join('+')} ${asked.durationSeconds} ${key}`)
      given.heard?.push(asked)
      const failure = failures.shift()
      if (failure !== undefined) throw failure
      return given.asked ?? request('pending', asked)
    },
    request: async (id, waitSeconds) => {
      reach()
      calls.push(`${waitSeconds > 0 ? 'wait for' : 'look'} ${id}`)
      return given.found?.() ?? request('pending', {}, { id })
    },
    requests: async () => given.review ?? [],
    approve: async (id) => request('approved', {}, { id }),
    deny: async (id, reason) => {
      calls.push(`deny ${id} ${reason}`)
      return request('denied', {}, { id })
    },
    cancel: async (id) => {
      calls.push(`cancel ${id}`)
      return request('cancelled', {}, { id })
    },
    credentials: async (id, key, signal): Promise<CredentialsAnswer> => {
      calls.push(`credentials ${id}`)
      if (given.credentials === undefined) throw new Error('no credentials were set up')
      return given.credentials(id, key, signal)
    },
    endGrant: async (id) => {
      calls.push(`end ${id}`)
      reach()
      return grant('prod-db', { id, state: 'ended', endReason: 'revoked' })
    },
    channel: async () => ({ ended: [] }),
    receipt: async (id, { outcome }) => {
      calls.push(`receipt ${id} ${outcome}`)
      reach()
    },
    stop: async (call) => {
      calls.push(`stop ${call.scope} ${call.value ?? ''} ${call.reason}`)
      reach()
      return { stop: stopOf(call), ...(given.stopping ?? { endedGrants: 2, cancelledRequests: 1 }) }
    },
    stops: async () => given.stops ?? [],
    liftStop: async (id) => {
      calls.push(`lift ${id}`)
      return { ...stopOf({ scope: 'all', reason: 'drill' }), id, liftedAt: iso(NOW) }
    },
    clockOffsetMs: () => given.clockOffsetMs ?? 0,
  }
}
