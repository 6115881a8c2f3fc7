import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { defined } from '../../base/defined.ts'
import { duration } from './durations.ts'
import { field, matching } from './field.ts'
import { profileName } from './profile-name.ts'
import type { KubernetesAccess } from './types.ts'
import { endpointUrl } from './url.ts'

/** Names of GKE, ARNs of EKS and plain ones. */
const CLUSTER = /^[A-Za-z0-9][\w.:/@-]{0,252}$/
const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** `system:` is the cluster's own: `system:masters` passes by all RBAC. */
const GROUP = /^(?!system:)[\x21-\x7e]{1,200}$/

/** What the file says about a cluster. `filePath` resolves a path that the file names. */
export const kubernetesAccess = (filePath: z.ZodType<string>) =>
  z.strictObject({
    cluster: field('the name of a cluster such as prod-eu', matching(CLUSTER)),
    server: field(
      "the API server's https:// URL without query and trailing slash (http:// on loopback only)",
      endpointUrl,
    ),
    certificateAuthority: filePath.optional(),
    audience: field(
      'the audience of the authenticator in the API server, without spaces',
      matching(/^[\x21-\x7e]{1,255}$/),
    ),
    groups: z
      .array(field('a group such as jit:prod-db, none that starts with system:', matching(GROUP)))
      .min(1, { error: 'expected at least one group.' })
      .optional(),
    namespace: field('a namespace such as shop', matching(NAMESPACE)).optional(),
    profile: profileName.optional(),
    renewEvery: duration('15m', '1h').default(900),
  })

export function toKubernetesAccess(
  name: string,
  read: z.output<ReturnType<typeof kubernetesAccess>>,
): KubernetesAccess {
  const { cluster, server, certificateAuthority, audience, groups, namespace, profile, renewEvery } = read
  return defined({
    cluster,
    server,
    audience,
    groups: groups ?? [`jit:${name}`],
    profile: profile ?? `jit-${name}`,
    namespace,
    certificateAuthority,
    renewEverySeconds: renewEvery,
  })
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----\r?\n?/g

/** The certificates of a PEM file, or `undefined` where it holds anything else: what is read here is handed to every caller. */
export function certificatesIn(text: string): string | undefined {
  const blocks = [...text.matchAll(BLOCK)]
  if (blocks.length === 0 || blocks.some(([, kind]) => kind !== 'CERTIFICATE')) return undefined
  const certificates = blocks.map(([block]) => block.trim())
  return certificates.every(isCertificate) ? `${certificates.join('\n')}\n` : undefined
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).fingerprint256 !== ''
  } catch {
    return false
  }
}
