import type { Issue } from '../approvals/types.ts'
import { Refusal } from '../refusal.ts'

/**
 * End of the slice that is given now, in whole seconds: `everySeconds` from now, never later than the grant. For the next
 * slice the caller must come again, and policy is asked again, so a revoked grant dies here at the latest.
 */
export function sliceEnd({ grant, nowMs }: Issue, everySeconds: number): string {
  const endMs = Math.min(wholeSeconds(Date.parse(grant.endsAt)), wholeSeconds(nowMs + everySeconds * 1000))
  if (endMs <= nowMs) throw new Refusal('grant_ended', `The grant for ${grant.target} ended at ${grant.endsAt}.`)
  return new Date(endMs).toISOString().replace('.000Z', 'Z')
}

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000
