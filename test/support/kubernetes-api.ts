import type { RequestListener } from 'node:http'
import { startServer, type TestServer } from './http-server.ts'

export type KubernetesApi = TestServer & {
  /** The only token that is taken. */
  accept(token: string | undefined): void
  /** Bearer tokens in the order in which they came. */
  readonly seen: readonly string[]
}

/** As much of an API server as `kubectl get pods` asks for. `refused` runs before a 401 goes out. */
export async function startKubernetesApi(
  tls: { readonly key: string; readonly cert: string },
  refused: () => void = () => undefined,
): Promise<KubernetesApi> {
  const seen: string[] = []
  let accepted: string | undefined
  const listener: RequestListener = ({ url = '', headers }, response) => {
    const token = headers.authorization?.replace(/^Bearer /, '') ?? ''
    seen.push(token)
    const known = token === accepted
    if (!known) refused()
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' })
    response.end(JSON.stringify(known ? answerTo(url) : UNAUTHORIZED))
  }
  const server = await startServer(listener, tls)
  return { ...server, seen, accept: (token) => void (accepted = token) }
}

const UNAUTHORIZED = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Unauthorized', code: 401 }

function answerTo(url: string): object {
  if (/^\/api(\?|$)/.test(url)) return { kind: 'APIVersions', versions: ['v1'] }
  if (/^\/apis(\?|$)/.test(url)) return { kind: 'APIGroupList', apiVersion: 'v1', groups: [] }
  if (url.startsWith('/version')) return { major: '1', minor: '32', gitVersion: 'v1.32.4' }
  if (/^\/api\/v1(\?|$)/.test(url))
    return {
      kind: 'APIResourceList',
      groupVersion: 'v1',
      resources: [{ name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get', 'list'] }],
    }
  const namespace = /\/namespaces\/([^/]+)\/pods/.exec(url)?.[1]
  const metadata = { name: 'ledger-0', namespace }
  return {
    kind: 'PodList',
    apiVersion: 'v1',
    metadata: {},
    items: [{ metadata, spec: {}, status: { phase: 'Running' } }],
  }
}
