import { JitError } from '../base/errors.ts'
import { fingerprint } from '../base/fingerprint.ts'
import type { AccessRequest, NewRequest } from '../contract/request.ts'

/** Whether `request` was made with the key of thumbprint `jkt`, going by words that are computed here. */
export const isOfKey = (request: AccessRequest, jkt: string): boolean =>
  request.fingerprint === fingerprint({ ...request, requestId: request.id, jkt })

/**
 * The words that requester and approver compare mean something only if each side has them from what it knows itself (T1). So an
 * answer that is about another key, other targets or another duration than were asked for is shown to nobody.
 */
export function refuseOtherWords(request: AccessRequest, asked: NewRequest, jkt: string): void {
  const { id, targets, durationSeconds } = request
  const same = targets.join() === asked.targets.join() && durationSeconds === asked.durationSeconds
  if (same && isOfKey(request, jkt)) return
  throw new JitError(
    'ENDPOINT_INVALID',
    `The endpoint took down request ${id} otherwise than this machine asked it: its words are not those of this key, these targets and this duration.`,
    `Nobody should approve it: jit cancel ${id}. Show this to whoever runs the endpoint.`,
  )
}

/** What another key asked for is issued to that key alone, so there is nothing to come back to. */
export function refuseOtherKey(request: AccessRequest, jkt: string): void {
  if (isOfKey(request, jkt)) return
  throw new JitError(
    'ENDPOINT_INVALID',
    `Request ${request.id} was not made with the present login of this machine: its words belong to another key.`,
    'Credentials go only to the key that asked. Ask again: jit elevate TARGET --reason TEXT',
  )
}
