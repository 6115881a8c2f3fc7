import { terminalText } from '../../base/terminal-text.ts'
import type { AccessRequest } from '../../contract/request.ts'
import type { ApprovalRule } from '../../contract/target.ts'

/** Who decides, in words: `automatic`, `1 of Dana, Eve`, `not for you: …`. */
export function approvalText(rule: ApprovalRule): string {
  if (rule.kind === 'automatic') return 'automatic'
  if (rule.kind === 'refused') return `not for you: ${rule.why}`
  return `${rule.quorum} of ${rule.approvers.join(', ')}`
}

/** Who can still approve an open request, safe to print. */
export function waitsFor({ needs }: AccessRequest): string {
  const open = needs.flatMap(({ approval, approvedBy }) =>
    approval.kind === 'people' ? [{ approval, approvedBy }] : [],
  )
  const names = new Set(open.flatMap(({ approval }) => approval.approvers))
  const missing = Math.max(0, ...open.map(({ approval, approvedBy }) => approval.quorum - approvedBy.length))
  if (names.size === 0) return 'the endpoint'
  return terminalText(`${missing > 1 ? `${missing} of ` : ''}${[...names].join(', ')}`)
}
