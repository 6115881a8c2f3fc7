import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { JitError } from '../../../base/errors.ts'
import { type HeldToken, KUBERNETES_TOKEN_FILE } from '../../../base/kubernetes-token.ts'
import type { KubernetesCredential } from '../../../contract/credential.ts'
import type { KubeconfigContent } from '../formats/kubeconfig-items.ts'
import type { SinkDeps } from './deps.ts'
import { ownProgram } from './own-program.ts'
import type { Delivery, FileContent, Intent } from './types.ts'

export const tokenPath = ({ directory }: Pick<Intent, 'directory'>): string => join(directory, KUBERNETES_TOKEN_FILE)

/** What `jit kube-credential` reads (`served-kubernetes.ts`). */
export function tokenFile({ credential, endsAt }: Delivery<KubernetesCredential>): FileContent {
  const { token, expiration, notAfter } = credential
  // b64token of RFC 6750, section 2.1: all that an API server takes behind `Bearer`.
  if (!/^[\w.~+/-]+=*$/.test(token)) throw invalid('a token that cannot be sent')
  const end = new Date(Math.min(endsAt, Date.parse(expiration), Date.parse(notAfter)))
  const held: HeldToken = { token, expirationTimestamp: end.toISOString() }
  return { content: JSON.stringify(held), secrets: [token] }
}

/** Cluster, context and user, as kubectl reads them (client-go, `clientcmd/api/v1`). */
export function kubeconfigEntry(deps: SinkDeps, { profile, target, credential }: Delivery<KubernetesCredential>) {
  return {
    cluster: clusterOf(credential),
    context: { cluster: profile, user: profile, ...namespaceOf(credential) },
    user: { exec: pluginOf(deps, target) },
  }
}

export function kubeconfigContent(deps: SinkDeps, delivery: Delivery<KubernetesCredential>): string {
  const content: KubeconfigContent = { ...kubeconfigEntry(deps, delivery), asDefault: delivery.asDefault }
  return JSON.stringify(content)
}

/** kubectl starts the plugin without a shell, with the variables of its own process, and again when the API server says 401. */
function pluginOf(deps: SinkDeps, target: string): object {
  const [command, ...args] = ownProgram(deps, 'kube-credential', target)
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command,
    args,
    interactiveMode: 'Never',
    provideClusterInfo: false,
    installHint: `This context is jit's, and jit is not where it was. Install it again, then type: jit elevate ${target} --reason TEXT`,
  }
}

function clusterOf({ server, certificateAuthority }: KubernetesCredential): Readonly<Record<string, string>> {
  const url = URL.canParse(server) ? new URL(server) : undefined
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || /[^\x21-\x7e]/.test(server))
    throw invalid('an API server whose address is not a plain https:// one')
  if (certificateAuthority === undefined) return { server }
  assertCertificates(certificateAuthority)
  return { server, 'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64') }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----/g

function assertCertificates(pem: string): void {
  const all = pem.match(CERTIFICATE) ?? []
  if (all.length === 0 || pem.replace(CERTIFICATE, '').trim() !== '' || !all.every(isCertificate))
    throw invalid('a certificate authority that is no PEM certificate')
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false // the one thing asked
  }
}

/** A label of RFC 1123, as the API server wants it. */
function namespaceOf({ namespace }: KubernetesCredential): object {
  if (namespace === undefined) return {}
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace))
    throw invalid('a namespace that Kubernetes does not allow')
  return { namespace }
}

/** Names that need no quotes on a command line. */
export function assertSafeNames({ profile, target }: Pick<Intent, 'profile' | 'target'>): void {
  for (const name of [profile, target])
    if (!/^[\w][\w.@:/-]{0,127}$/.test(name)) throw invalid('a name that jit does not write')
}

const invalid = (what: string): JitError =>
  new JitError('ENDPOINT_INVALID', `The endpoint sent ${what}.`, 'Tell the people who run the endpoint.')
