import { findBlocks } from '../base/credentials-block.ts'
import { JitError } from '../base/errors.ts'
import { accountOf, type ProcessCredential, readProcessCredential } from '../base/process-credential.ts'
import type { Cloud } from '../contract/target.ts'
import type { Clock } from '../platform/clock.ts'
import { timeFor } from './leases/expiry.ts'
import type { Entry, Lease, Place } from './leases/types.ts'
import { currentLease, type Renewing } from './live-lease.ts'
import { evenIfReplaced } from './replaced-lease.ts'

export type ServingDeps = Renewing & {
  /** What lies in a sealed file; rejects with `JitError`. */
  readonly readSealed: (of: { readonly lease: string; readonly cloud: Cloud; readonly path: string }) => Promise<string>
}

/**
 * The AWS credentials of the live lease of `target`, from the very place that holds them. Offline, without prompt or lock, and
 * without a side effect, because SDKs call it many times at once; a slice that is all but over asks for the next one first.
 */
export const serveCredential = (target: string, deps: ServingDeps): Promise<ProcessCredential> =>
  evenIfReplaced(target, deps, () => credentialOf(target, deps))

async function credentialOf(target: string, deps: ServingDeps): Promise<ProcessCredential> {
  const lease = await currentLease(target, deps, isAws)
  const entry = lease.entries.find(isAws)
  if (entry === undefined)
    throw new JitError('USAGE', `${target} opens no AWS account.`, `How to use it: jit env ${target}`)
  const end = endOf(lease, entry, deps.clock)
  if (end <= deps.clock.now())
    throw new JitError(
      'GRANT_ENDED',
      `The AWS credentials of ${target} are over, and there are no new ones yet.`,
      `See: jit status. To ask anew: jit elevate ${target} --reason TEXT`,
    )
  const account = accountOf(entry.role)
  return {
    ...(await credentialIn(lease, entry, deps)),
    Expiration: new Date(end).toISOString(),
    ...(account !== undefined && { AccountId: account }),
  }
}

/** The region of the profile that was delivered, from whichever of its files. */
export function deliveredRegion(lease: Lease, deps: Pick<ServingDeps, 'read'>): string | undefined {
  const texts = lease.places.flatMap((place) =>
    place.cloud === 'aws' && place.kind !== 'sealed' ? [textIn(lease, place, deps) ?? ''] : [],
  )
  return /^region *= *([a-z0-9-]+)\s*$/m.exec(texts.join('\n'))?.[1]
}

const isAws = ({ cloud }: Entry): boolean => cloud === 'aws'

/** On the wall clock, which SDKs go by; earlier where that was set back, or they would come back too late. */
function endOf(lease: Lease, { validUntil }: Entry, clock: Clock): number {
  const behind = timeFor(lease, clock) - clock.now()
  return Math.floor(Math.min(validUntil, lease.endsAt) - behind)
}

type Keys = Pick<ProcessCredential, 'Version' | 'AccessKeyId' | 'SecretAccessKey' | 'SessionToken'>

async function credentialIn(lease: Lease, { deliver }: Entry, deps: ServingDeps): Promise<Keys> {
  const places = lease.places.filter(({ cloud, secretHashes }) => cloud === 'aws' && secretHashes.length > 0)
  for (const place of places) {
    if (place.kind === 'sealed') return sealedIn(lease, place, deps)
    const text = textIn(lease, place, deps)
    if (text !== undefined) return keysIn(lease, text)
  }
  const where = places.map(({ path }) => path).join(', ') || `any file (${deliver})`
  throw lost(lease.target, `The credentials of ${lease.target} are no longer in ${where}.`)
}

async function sealedIn({ id, target }: Lease, { cloud, path }: Place, { readSealed }: ServingDeps): Promise<Keys> {
  const text = await readSealed({ lease: id, cloud, path })
  try {
    return readProcessCredential(JSON.parse(text), 'credential')
  } catch {
    throw lost(target, `What lies in ${path} is no credential of this version of jit.`)
  }
}

/** Our lines among the user's own, or a file that is wholly ours. */
function textIn({ id }: Lease, { kind, path }: Place, { read }: Pick<ServingDeps, 'read'>): string | undefined {
  const bytes = read(path)
  if (bytes === undefined || kind === 'own') return bytes?.toString('utf8')
  const block = findBlocks(bytes).find((each) => each.lease === id)
  return block?.owned.map(({ start, end }) => bytes.toString('utf8', start, end)).join('')
}

function keysIn({ target }: Lease, text: string): Keys {
  const values = new Map(
    [...text.matchAll(/^([\w-]+) *= *(\S+)\s*$/gm)].map(([, key = '', value = '']) => [key, value]),
  )
  const value = (key: string): string => {
    const found = values.get(key)
    if (found === undefined) throw lost(target, `The entry of ${target} has lost its ${key}.`)
    return found
  }
  return {
    Version: 1,
    AccessKeyId: value('aws_access_key_id'),
    SecretAccessKey: value('aws_secret_access_key'),
    SessionToken: value('aws_session_token'),
  }
}

const lost = (target: string, sentence: string): JitError =>
  new JitError('NOT_FOUND', sentence, `Type: jit revoke ${target}, then jit elevate ${target} --reason TEXT`)
