import { type Clock, systemClock } from '../../src/platform/clock.ts'
import { systemRandom } from '../../src/platform/random.ts'
import { createApprovals } from '../../src/server/approvals/create-approvals.ts'
import type { Caller } from '../../src/server/approvals/types.ts'
import { createAudit, readLeaves } from '../../src/server/audit/log.ts'
import { verifyLeaves } from '../../src/server/audit/verify.ts'
import type { Leaf } from '../../src/server/audit/types.ts'
import type { ConfiguredTarget } from '../../src/server/config/types.ts'
import type { Policy } from '../../src/server/policy/types.ts'
import type { Store } from '../../src/server/store/types.ts'
import type { NewRequest } from '../../src/contract/request.ts'
import type { ApprovalRule } from '../../src/contract/target.ts'

export const ISSUER = 'https://idp.example'

export function caller(subject: string, over: Partial<Caller> = {}): Caller {
  return {
    person: { issuer: ISSUER, subject, name: subject },
    groups: [],
    flow: 'browser',
    amr: ['pwd', 'mfa'],
    jkt: `key-of-${subject}`,
    address: '192.0.2.7',
    ...over,
  }
}

export function wanted(over: Partial<NewRequest> = {}): NewRequest {
  return { targets: ['dev'], durationSeconds: 3600, reason: 'slow query', host: 'laptop', ...over }
}

const people = (quorum: number): ApprovalRule => ({ kind: 'people', approvers: ['oncall'], quorum })

/** Targets whose approval rule is their name's. `rules` can be changed while a test runs, as policy can. */
export class FakePolicy implements Policy {
  readonly hash = 'f'.repeat(64)
  readonly rules = new Map<string, ApprovalRule>([
    ['dev', { kind: 'automatic' }],
    ['test', { kind: 'automatic' }],
    ['prod', people(1)],
    ['vault', people(2)],
    ['closed', { kind: 'refused', why: 'nobody may have it' }],
  ])
  maxDurationSeconds = 4 * 3600
  /** Who may approve what: subject of a caller to targets. */
  readonly approvers = new Map<string, readonly string[]>(
    ['ann', 'bob', 'cat'].map((name) => [name, ['prod', 'vault']] as const),
  )

  judge(_caller: Caller, { name }: ConfiguredTarget): ReturnType<Policy['judge']> {
    const approval = this.rules.get(name) ?? { kind: 'refused', why: 'no policy allows it' }
    return { approval, maxDurationSeconds: this.maxDurationSeconds, policies: [`rule-${name}`] }
  }

  /** Subjects who may throw and lift stops. */
  readonly administrators: string[] = ['ada']

  mayAdminister({ person }: Caller): ReturnType<Policy['mayAdminister']> {
    const allowed = this.administrators.includes(person.subject)
    return { allowed, policies: allowed ? ['rule-administer'] : [], why: [] }
  }

  mayApprove(
    approver: Caller,
    _requester: unknown,
    { name }: ConfiguredTarget,
  ): { readonly allowed: boolean; readonly policies: readonly string[] } {
    const allowed = this.approvers.get(approver.person.subject)?.includes(name) === true
    return { allowed, policies: allowed ? [`approve-${name}`] : [] }
  }
}

export const TARGETS: readonly ConfiguredTarget[] = ['dev', 'test', 'prod', 'vault', 'closed', 'forgotten'].map(
  (name) => ({ name, maxDurationSeconds: 8 * 3600, labels: [], renewEverySeconds: 3600 }),
)

export const PIPELINES = [{ name: 'deploy' }, { name: 'nightly' }]

/** Wall time that a test can move; a second of sleep takes 50 ms, a longer sleep ends by its signal only. */
export function movableClock(): Clock & { advance(ms: number): void } {
  let offset = 0
  return {
    ...systemClock,
    now: () => Date.now() + offset,
    sleep: (ms, signal) => systemClock.sleep(ms > 1_000 ? 2 ** 31 - 1 : ms / 20, signal),
    advance: (ms) => {
      offset += ms
    },
  }
}

export function approvalsOver(
  store: Store,
  policy: Policy = new FakePolicy(),
  clock: Clock = systemClock,
  targets: readonly ConfiguredTarget[] = TARGETS,
  pipelines: readonly { readonly name: string }[] = PIPELINES,
) {
  return createApprovals({
    store,
    audit: createAudit(),
    policy,
    targets,
    pipelines,
    pendingSeconds: 3600,
    random: systemRandom,
    clock,
  })
}

export async function leavesOf(store: Store): Promise<readonly Leaf[]> {
  const leaves: Leaf[] = []
  for await (const leaf of readLeaves(store)) leaves.push(leaf)
  return leaves
}

/** The kinds of the leaves, in order: what the log says happened. */
export async function story(store: Store): Promise<readonly string[]> {
  const leaves = await leavesOf(store)
  return leaves.map(({ body }) =>
    typeof body === 'object' && body !== null && 'kind' in body ? String(body.kind) : '?',
  )
}

/** Whatever a test did, the log it left behind is whole. */
export async function demandWholeLog(store: Store): Promise<void> {
  const verified = await verifyLeaves(await leavesOf(store))
  if (!verified.ok) throw new Error(`leaf ${verified.seq}: ${verified.why}`)
}
