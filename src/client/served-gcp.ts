import { JitError } from '../base/errors.ts'
import { timeFor } from './leases/expiry.ts'
import type { Entry, Lease, Place } from './leases/types.ts'
import { currentLease } from './live-lease.ts'
import { evenIfReplaced } from './replaced-lease.ts'
import type { ServingDeps } from './served-credential.ts'
import { gcpExecutableAnswer, type GcpExecutableAnswer } from './sinks/clouds/gcp-executable.ts'

/** See `accessTokenFile` and `subjectTokenFile`. */
const [ACCESS_TOKEN, SUBJECT_TOKEN] = ['.access-token', '.subject-token']

/**
 * What Google's libraries read from their executable: the grant token of the live lease of `target`, renewed first where its
 * slice is all but over, or an expected failure in the form that they show to their user. Without prompt.
 */
export async function serveGoogle(target: string, deps: ServingDeps): Promise<GcpExecutableAnswer> {
  try {
    return gcpExecutableAnswer(await evenIfReplaced(target, deps, () => subjectToken(target, deps)))
  } catch (error) {
    if (error instanceof JitError) return gcpExecutableAnswer(error)
    throw error
  }
}

async function subjectToken(target: string, deps: ServingDeps) {
  const lease = await currentLease(target, deps, isGoogle)
  const place = placeOf(lease, SUBJECT_TOKEN)
  if (place === undefined)
    throw new JitError('USAGE', `${target} gives SDKs of Google no token.`, `How to use it: jit env ${target}`)
  return { subjectToken: await tokenIn(lease, place, deps), endsAt: endOf(lease, deps) }
}

/** The access token of a lease in `process` mode, which gcloud gets from `jit exec` alone; `undefined` where it has none or needs none. */
export async function gcloudToken(lease: Lease, deps: ServingDeps): Promise<string | undefined> {
  const place = placeOf(lease, ACCESS_TOKEN)
  return place?.kind === 'sealed' ? tokenIn(lease, place, deps) : undefined
}

const isGoogle = ({ cloud }: Entry): boolean => cloud === 'gcp'

const placeOf = ({ places }: Lease, suffix: string): Place | undefined =>
  places.find(({ cloud, path }) => cloud === 'gcp' && path.endsWith(suffix))

async function tokenIn({ id, target }: Lease, { kind, cloud, path }: Place, deps: ServingDeps): Promise<string> {
  const text = kind === 'sealed' ? await deps.readSealed({ lease: id, cloud, path }) : deps.read(path)?.toString()
  if (text !== undefined) return text.trim()
  throw new JitError(
    'NOT_FOUND',
    `The token of ${target} is no longer in ${path}.`,
    `Type: jit revoke ${target}, then jit elevate ${target} --reason TEXT`,
  )
}

/** On the wall clock; earlier where that was set back. */
function endOf(lease: Lease, { clock }: ServingDeps): number {
  const ends = lease.entries.filter(isGoogle).map(({ validUntil }) => validUntil)
  return Math.min(lease.endsAt, ...ends) - (timeFor(lease, clock) - clock.now())
}
