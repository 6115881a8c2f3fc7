import { type Block, findBlocks } from '../base/credentials-block.ts'
import { JitError } from '../base/errors.ts'
import type { Clock } from '../platform/clock.ts'
import { isOver } from './leases/expiry.ts'
import type { Lease } from './leases/types.ts'

/** What `credential_process` answers with (AWS SDKs and Tools Reference Guide, "Process credential provider"). */
export type ServedCredential = {
  readonly Version: 1
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken: string
  /** When the lease ends here; SDKs come back before it. */
  readonly Expiration: string
}

export type ServingDeps = {
  readonly leases: () => readonly Lease[]
  /** Bytes of a file; `undefined` where there is none. */
  readonly read: (path: string) => Buffer | undefined
  readonly clock: Clock
}

/**
 * The credentials of the live `files` lease of `target`, from the very file that holds them. Offline, without prompt or lock,
 * and without a side effect: SDKs call it many times at once.
 */
export function serveCredential(target: string, { leases, read, clock }: ServingDeps): ServedCredential {
  const lease = leases().find((each) => each.target === target && each.state === 'active' && !isOver(each, clock))
  if (lease === undefined)
    throw new JitError(
      'NOT_FOUND',
      `No active grant for ${target} on this machine.`,
      `Type: jit elevate ${target} --reason TEXT`,
    )
  for (const { path } of lease.places) {
    const bytes = read(path)
    const block = bytes === undefined ? undefined : findBlocks(bytes).find((each) => each.lease === lease.id)
    if (bytes !== undefined && block !== undefined) return answer(lease, valuesOf(bytes, block))
  }
  const places = lease.places.map(({ path }) => path).join(', ')
  throw lost(target, `The credentials of ${target} are no longer in ${places}.`)
}

const lost = (target: string, sentence: string): JitError =>
  new JitError('NOT_FOUND', sentence, `Type: jit revoke ${target}, then jit elevate ${target} --reason TEXT`)

function valuesOf(bytes: Buffer, { owned }: Block): ReadonlyMap<string, string> {
  const text = owned.map(({ start, end }) => bytes.toString('utf8', start, end)).join('')
  return new Map([...text.matchAll(/^([\w-]+) *= *(\S+)\s*$/gm)].map(([, key = '', value = '']) => [key, value]))
}

function answer(lease: Lease, values: ReadonlyMap<string, string>): ServedCredential {
  const value = (key: string): string => {
    const found = values.get(key)
    if (found === undefined) throw lost(lease.target, `The entry of ${lease.target} has lost its ${key}.`)
    return found
  }
  return {
    Version: 1,
    AccessKeyId: value('aws_access_key_id'),
    SecretAccessKey: value('aws_secret_access_key'),
    SessionToken: value('aws_session_token'),
    Expiration: new Date(lease.endsAt).toISOString(),
  }
}
