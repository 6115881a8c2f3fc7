import { createHash } from 'node:crypto'
import type { ConfiguredTarget } from '../config/types.ts'
import { labelOf } from './approvers.ts'
import { circumstances, stopCircumstances } from './circumstances.ts'
import { createEngine, type Engine } from './engine.ts'
import { judge } from './judge.ts'
import { type Named, type PolicyFile, readRules } from './read-rules.ts'
import type { Policy } from './types.ts'

/** Reads, checks and prepares the policies. Throws `ConfigurationError` with every fault, by file and line. */
export function loadPolicy({
  files,
  targets,
  pipelines = [],
}: {
  readonly files: readonly PolicyFile[]
  readonly targets: readonly ConfiguredTarget[]
  readonly pipelines?: readonly Named[]
}): Policy {
  const engine = createEngine(readRules(files, targets, pipelines))
  return {
    judge: (caller, target, facts) => judge(engine, caller, target, facts),
    mayApprove: approvalBy(engine),
    mayAdminister: administrationBy(engine),
    administrators: administrators(engine),
    hash: hashOf(files),
  }
}

function approvalBy(engine: Engine): Policy['mayApprove'] {
  return (approver, requester, target, facts) => {
    // Whoever may push could otherwise approve; the schema has no such policy either.
    if (approver.workload !== undefined || approver.flow === 'workload') return { allowed: false, policies: [] }
    const { issuer, subject } = approver.person
    if (issuer === requester.issuer && subject === requester.subject) return { allowed: false, policies: [] }
    const context = {
      ...circumstances(approver, facts),
      requester: { issuer: requester.issuer, subject: requester.subject },
    }
    const { allowed, permits, forbids, failed } = engine.evaluate('approve', approver, target, context)
    const reasons = allowed ? permits : [...forbids, ...failed]
    return { allowed, policies: [...new Set(reasons.map(({ id }) => id))].toSorted() }
  }
}

function administrationBy(engine: Engine): Policy['mayAdminister'] {
  return (caller, facts) => {
    if (caller.workload !== undefined) return { allowed: false, policies: [], why: [] }
    const { allowed, permits, forbids, failed } = engine.administer(caller, stopCircumstances(caller, facts))
    const reasons = allowed ? permits : [...forbids, ...failed]
    const policies = [...new Set(reasons.map(({ id }) => id))].toSorted()
    return { allowed, policies, why: forbids.flatMap(({ why }) => why ?? []).toSorted() }
  }
}

function administrators(engine: Engine): readonly string[] {
  const permits = engine.administering.filter(({ effect }) => effect === 'permit')
  return [...new Set(permits.map(labelOf))].toSorted()
}

/** Covers text and borders of the files; where they lie does not matter. */
function hashOf(files: readonly PolicyFile[]): string {
  return createHash('sha256')
    .update(JSON.stringify(files.map(({ text }) => text)))
    .digest('hex')
}
