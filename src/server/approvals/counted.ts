import type { Deps } from './deps.ts'
import { approvableBy } from './judgement.ts'
import type { Endorsement, RequestRecord, TargetNeed } from './record.ts'

type Endorsed = { readonly record: RequestRecord; readonly endorsements: readonly Endorsement[]; readonly now: number }

/** The approvals as far as policy would still take them from the same people now. */
export function stillValid(
  deps: Pick<Deps, 'policy' | 'targets'>,
  { record, endorsements, now }: Endorsed,
): readonly Endorsement[] {
  return endorsements
    .map(({ approver, targets }) => {
      const today = approvableBy(deps, approver, record, now).targets
      return { approver, targets: targets.filter((target) => today.includes(target)) }
    })
    .filter(({ targets }) => targets.length > 0)
}

export function isMet({ target, approval }: TargetNeed, endorsements: readonly Endorsement[]): boolean {
  if (approval.kind !== 'people') return approval.kind === 'automatic'
  const yes = endorsements.filter(({ targets }) => targets.includes(target))
  const people = new Set(yes.map(({ approver: { person } }) => JSON.stringify([person.issuer, person.subject])))
  return people.size >= Math.max(1, approval.quorum)
}
