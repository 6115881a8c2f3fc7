import { basename } from 'node:path'
import type { Environment } from '../base/environment.ts'
import { JitError } from '../base/errors.ts'
import { type HeldToken, KUBERNETES_TOKEN_FILE, readHeldToken } from '../base/kubernetes-token.ts'
import { quotedText } from '../base/terminal-text.ts'
import { record, ShapeError } from '../contract/narrow.ts'
import type { Clock } from '../platform/clock.ts'
import { timeFor } from './leases/expiry.ts'
import type { Lease, Place } from './leases/types.ts'
import { liveLease, type LiveLeases } from './live-lease.ts'
import { evenIfReplaced } from './replaced-lease.ts'

const API = 'client.authentication.k8s.io'
const VERSIONS = [`${API}/v1`, `${API}/v1beta1`] as const

/** What kubectl reads from its plugin. Its version must be the very one of the kubeconfig: kubectl refuses v1 for v1beta1. */
export type ExecCredential = {
  readonly apiVersion: (typeof VERSIONS)[number]
  readonly kind: 'ExecCredential'
  readonly status: HeldToken
}

export type FileServing = LiveLeases & {
  /** Bytes of a file; `undefined` where there is none. */
  readonly read: (path: string) => Buffer | undefined
  /** Of the plugin's process: `KUBERNETES_EXEC_INFO` from kubectl, `JIT_LEASE` from our entry in the kubeconfig. */
  readonly env: Environment
}

export type KubernetesServing = FileServing & {
  /** What lies in a sealed file. Throws an expected failure where file, key or key store are missing. */
  readonly readSealed: (lease: Lease, place: Place) => Promise<string>
  /** See `Renewing.renewed`. */
  readonly renewed: (lease: Lease) => Promise<Lease>
}

/** A request that is on its way when the token ends would be refused. */
const MARGIN_MS = 10_000

/**
 * The token of the live lease of `target`, where it lies in a plain file and is good for now. `undefined` where key store or
 * endpoint are needed. Offline, without prompt, lock or side effect: kubectl calls it for every command.
 */
export function serveFromFile(target: string, serving: FileServing): ExecCredential | undefined {
  const apiVersion = askedVersion(serving.env)
  const lease = kubernetesLease(target, serving)
  const place = tokenPlace(lease)
  const text = place.kind === 'sealed' ? undefined : serving.read(place.path)?.toString()
  if (text === undefined) return undefined
  const held = heldIn(lease, text)
  return isGood(held, lease, serving.clock) ? answer(apiVersion, held, lease, serving.clock) : undefined
}

/** The same, also from a sealed file, and with a new slice of the grant where the old one is over or lost with a reboot. */
export const serveKubernetes = (target: string, serving: KubernetesServing): Promise<ExecCredential> =>
  evenIfReplaced(target, serving, () => credentialOf(target, serving))

async function credentialOf(target: string, serving: KubernetesServing): Promise<ExecCredential> {
  const atOnce = serveFromFile(target, serving)
  if (atOnce !== undefined) return atOnce
  const { clock } = serving
  const apiVersion = askedVersion(serving.env)
  const lease = kubernetesLease(target, serving)
  const held = serving.read(tokenPlace(lease).path) === undefined ? undefined : await heldBy(lease, serving)
  if (held !== undefined && isGood(held, lease, clock)) return answer(apiVersion, held, lease, clock)
  const next = await serving.renewed(lease).catch((error: unknown) => {
    const isUsable = held !== undefined && endOf(held, lease) > timeFor(lease, clock)
    if (isUsable && error instanceof JitError && error.code !== 'GRANT_ENDED') return undefined
    throw error
  })
  const last = next === undefined ? held : await heldBy(next, serving)
  if (last !== undefined && endOf(last, lease) > timeFor(lease, clock)) return answer(apiVersion, last, lease, clock)
  throw new JitError(
    'GRANT_ENDED',
    `The token of ${target} is over, and there is no new one yet.`,
    `See: jit status. For a new one: jit elevate ${target} --reason TEXT`,
  )
}

/** The one that our entry in the kubeconfig was written for, else any: the context may have outlived it. */
function kubernetesLease(target: string, serving: FileServing): Lease {
  const [named = ''] = (serving.env['JIT_LEASE'] ?? '').split(' ')
  const within = [named, ...(serving.within ?? [])]
  return liveLease(target, { ...serving, within }, ({ entries }) => entries.some(({ cloud }) => cloud === 'kubernetes'))
}

function tokenPlace(lease: Lease): Place {
  const place = lease.places.find(({ path }) => basename(path) === KUBERNETES_TOKEN_FILE)
  if (place === undefined) throw lost(lease)
  return place
}

async function heldBy(lease: Lease, { read, readSealed }: KubernetesServing): Promise<HeldToken> {
  const place = tokenPlace(lease)
  const text = place.kind === 'sealed' ? await readSealed(lease, place) : read(place.path)?.toString()
  if (text === undefined) throw lost(lease)
  return heldIn(lease, text)
}

function heldIn(lease: Lease, text: string): HeldToken {
  try {
    return readHeldToken(JSON.parse(text), 'token')
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ShapeError) throw lost(lease)
    throw error
  }
}

const lost = ({ target }: Lease): JitError =>
  new JitError(
    'NOT_FOUND',
    `The token of ${target} is no longer where jit had put it.`,
    `Type: jit revoke ${target}, then jit elevate ${target} --reason TEXT`,
  )

const endOf = ({ expirationTimestamp }: HeldToken, { endsAt }: Lease): number =>
  Math.min(Date.parse(expirationTimestamp), endsAt)

/** Good for now, or as good as it will get. */
function isGood(held: HeldToken, lease: Lease, clock: Clock): boolean {
  const left = endOf(held, lease) - timeFor(lease, clock)
  return left > 0 && (left > MARGIN_MS || endOf(held, lease) >= lease.endsAt)
}

/** kubectl, by its wall clock, keeps the token until then, and asks again afterwards or when the API server says 401. */
function answer(apiVersion: ExecCredential['apiVersion'], held: HeldToken, lease: Lease, clock: Clock): ExecCredential {
  const end = endOf(held, lease) - (timeFor(lease, clock) - clock.now())
  const expirationTimestamp = new Date(Math.floor(end)).toISOString()
  return { apiVersion, kind: 'ExecCredential', status: { token: held.token, expirationTimestamp } }
}

/** Nothing else in `KUBERNETES_EXEC_INFO` matters to us. */
function askedVersion({ KUBERNETES_EXEC_INFO: info }: Environment): ExecCredential['apiVersion'] {
  const asked = info === undefined || info === '' ? VERSIONS[0] : apiVersionIn(info)
  const known = VERSIONS.find((each) => each === asked)
  if (known !== undefined) return known
  throw new JitError(
    'CONFIG',
    `kubectl asks for ${quotedText(String(asked), 60)}, and jit answers in ${VERSIONS.join(' or ')}.`,
    'Put one of these into the exec entry of the kubeconfig, or end the grant and elevate again.',
  )
}

function apiVersionIn(info: string): unknown {
  try {
    return record(JSON.parse(info), 'KUBERNETES_EXEC_INFO')['apiVersion']
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ShapeError) return 'something that is no ExecCredential'
    throw error
  }
}
