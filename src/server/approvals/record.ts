import { integer, list, object, oneOf, type Reader, record, string } from '../../contract/narrow.ts'
import { readPerson } from '../../contract/person.ts'
import { type Decision, LOGIN_FLOWS, readDecision } from '../../contract/request.ts'
import { type ApprovalRule, DELIVERY_MODES, type DeliveryMode, readApprovalRule } from '../../contract/target.ts'
import type { ApprovalRow, GrantRow, PersonKey, RequestRow } from '../store/types.ts'
import type { Caller, Workload } from './types.ts'
import type { Wanted } from './wanted.ts'

/** What was asked and by whom, as the call proved it: policy judges this caller again at each approval. */
export type Asked = Wanted & { readonly caller: Caller; readonly fingerprint: string }

/** What one target needs, as policy said at the request or, once decided, at the decision. */
export type TargetNeed = {
  readonly target: string
  readonly approval: ApprovalRule
  readonly deliver?: DeliveryMode
}

/** One person's approval, for those targets that he may approve. */
export type Endorsement = { readonly approver: Caller; readonly targets: readonly string[] }

export type RequestRecord = {
  readonly id: string
  readonly state: RequestRow['state']
  readonly asked: Asked
  readonly needs: readonly TargetNeed[]
  readonly decision?: Decision
  readonly createdAt: number
  readonly expiresAt: number
}

export function toRow(record: RequestRecord): RequestRow {
  const { issuer, subject } = record.asked.caller.person
  return {
    id: record.id,
    state: record.state,
    requesterIssuer: issuer,
    requesterSubject: subject,
    askedJson: JSON.stringify(record.asked),
    needsJson: JSON.stringify(record.needs),
    decisionJson: record.decision === undefined ? null : JSON.stringify(record.decision),
    createdAt: record.createdAt,
    expiresAt: record.expiresAt,
  }
}

export function fromRow({
  id,
  state,
  askedJson,
  needsJson,
  decisionJson,
  createdAt,
  expiresAt,
}: RequestRow): RequestRecord {
  return {
    id,
    state,
    asked: readAsked(JSON.parse(askedJson), `requests[${id}].asked`),
    needs: readNeeds(JSON.parse(needsJson), `requests[${id}].needs`),
    ...(decisionJson === null ? {} : { decision: readDecision(JSON.parse(decisionJson), `requests[${id}].decision`) }),
    createdAt,
    expiresAt,
  }
}

export function toApprovalRow(requestId: string, endorsement: Endorsement, at: number): ApprovalRow {
  const { issuer, subject } = endorsement.approver.person
  return { requestId, issuer, subject, approvalJson: JSON.stringify(endorsement), at }
}

export function fromApprovalRow({ requestId, approvalJson }: ApprovalRow): Endorsement {
  return readEndorsement(JSON.parse(approvalJson), `approvals[${requestId}]`)
}

/** Pipelines of jobs that collected a grant for which another job of their run had asked. */
export function collectorPipelines({ id, collectorPipelinesJson: json }: GrantRow): readonly string[] {
  return json === null ? [] : list(string)(JSON.parse(json), `grants[${id}].collectorPipelines`)
}

/** `iss` + `sub` identify a person; names, mail addresses and keys do not (T7). */
export function samePerson(a: PersonKey, b: PersonKey): boolean {
  return a.issuer === b.issuer && a.subject === b.subject
}

const readTexts: Reader<Workload['claims']> = (value, path) =>
  Object.fromEntries(Object.entries(record(value, path)).map(([name, text]) => [name, string(text, `${path}.${name}`)]))
const readWorkload: Reader<Workload> = object(
  { provider: string, pipelines: list(string), claims: readTexts },
  { run: string },
)
const readCaller: Reader<Caller> = object(
  {
    person: readPerson,
    groups: list(string),
    flow: oneOf(...LOGIN_FLOWS),
    amr: list(string),
    jkt: string,
    address: string,
  },
  { acr: string, authTime: integer, workload: readWorkload },
)
const readAsked: Reader<Asked> = object(
  {
    caller: readCaller,
    targets: list(string),
    durationSeconds: integer,
    reason: string,
    host: string,
    fingerprint: string,
  },
  { ticket: string, startsAt: integer, deliver: oneOf(...DELIVERY_MODES) },
)
const readNeeds: Reader<readonly TargetNeed[]> = list(
  object({ target: string, approval: readApprovalRule }, { deliver: oneOf(...DELIVERY_MODES) }),
)
const readEndorsement: Reader<Endorsement> = object({ approver: readCaller, targets: list(string) })
