import { readDuration } from '../../base/duration.ts'
import { DELIVERY_MODES, type DeliveryMode } from '../../contract/target.ts'
import type { PolicyAction } from './schema.ts'

/** What a policy obliges to when it permits or forbids. */
export type Obligations = {
  readonly id: string
  readonly quorum?: number
  readonly maxDurationSeconds?: number
  readonly deliver?: DeliveryMode
  readonly approvers?: string
  readonly why?: string
}

type Annotation = {
  readonly field: keyof Obligations
  readonly effect: 'permit' | 'forbid' | 'both'
  /** At least one of these must be an action of the policy. */
  readonly actions: readonly PolicyAction[]
  readonly expected: string
  readonly read: (text: string) => string | number | undefined
}

const ANY: readonly PolicyAction[] = ['request', 'autoApprove', 'approve', 'administer']
const MAX_QUORUM = 9
const plainText = (limit: number) => (text: string) =>
  text.trim() === text && text !== '' && text.length <= limit && !/\p{C}/u.test(text) ? text : undefined

/** Every annotation that a policy may carry. Cedar answers allow or deny only; how it is allowed stands here. */
export const ANNOTATIONS: Readonly<Record<string, Annotation>> = {
  id: {
    field: 'id',
    effect: 'both',
    actions: ANY,
    expected: 'letters, digits, dots, hyphens and underscores, at most 64',
    read: (text) => (/^[A-Za-z0-9][\w.-]{0,63}$/.test(text) ? text : undefined),
  },
  quorum: {
    field: 'quorum',
    effect: 'permit',
    actions: ['request'],
    expected: `a number of people from 1 to ${MAX_QUORUM}`,
    read: (text) => (/^[1-9]$/.test(text) ? Number(text) : undefined),
  },
  maxDuration: {
    field: 'maxDurationSeconds',
    effect: 'permit',
    actions: ['request', 'autoApprove'],
    expected: 'a duration such as 90m, 1h30m, 5400s or PT1H30M',
    read: readDuration,
  },
  deliver: {
    field: 'deliver',
    effect: 'permit',
    actions: ['request', 'autoApprove'],
    expected: `one of ${DELIVERY_MODES.join(', ')}`,
    read: (text) => DELIVERY_MODES.find((mode) => mode === text),
  },
  approvers: {
    field: 'approvers',
    effect: 'permit',
    actions: ['approve'],
    expected: 'a short plain text that says who approves, at most 80 characters',
    read: plainText(80),
  },
  why: {
    field: 'why',
    effect: 'forbid',
    actions: ANY,
    expected: 'a plain text for the person who is refused, at most 200 characters',
    read: plainText(200),
  },
}
