import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import type { SimulatorOptions } from '../../../simulators/kubernetes/config.ts'
import { type KubernetesSimulator, startKubernetesSimulator } from '../../../simulators/kubernetes/simulator.ts'
import { makeCertificate } from '../../../support/certificate.ts'
import { type Claims, type Issuer, startIssuer } from '../../../support/issuer.ts'
import { grantClaims, kubernetesCluster } from '../../../support/kubernetes-cluster.ts'
import { TempHome } from '../../../support/temp-home.ts'

/** An issuer and a cluster that trusts it. */
export type World = {
  readonly issuer: Issuer
  readonly cluster: KubernetesSimulator
  readonly ca: string
  close(): Promise<void>
}
export async function startWorld(
  more: (issuer: string) => Partial<SimulatorOptions> = () => ({}),
  wallNow?: () => number,
): Promise<World> {
  const home = new TempHome()
  const issuer = await startIssuer()
  const { ca, key, cert } = makeCertificate(home.root, '127.0.0.1')
  const config = kubernetesCluster(issuer.url, { key, cert }, more(issuer.url))
  const cluster = await startKubernetesSimulator(config, wallNow)
  return {
    issuer,
    cluster,
    ca: readFileSync(ca, 'utf8'),
    async close() {
      await Promise.all([issuer.close(), cluster.close()])
      home[Symbol.dispose]()
    },
  }
}

export type Reply = {
  readonly code: number
  readonly headers: object
  readonly json: Readonly<Record<string, unknown>>
}
export type Call = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export const PODS = '/api/v1/namespaces/prod/pods'

export function ask(
  { cluster, ca }: World,
  path: string,
  token?: string,
  { method = 'GET', headers = {}, body }: Call = {},
): Promise<Reply> {
  const all = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers }
  return new Promise((resolve, reject) => {
    const sent = request(`${cluster.url}${path}`, { method, ca, headers: all, agent: false })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const json: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
        resolve({ code: response.statusCode ?? 0, headers: response.headers, json: { ...Object(json) } })
      })
    })
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

export const tokenOf = ({ issuer, cluster }: World, claims: Claims = {}, header = {}): Promise<string> =>
  issuer.sign(grantClaims(issuer.url, cluster.clock.now(), claims), header)

/** Why the last request was answered as it was: an API server tells its log alone. */
export const outcome = ({ cluster }: World): string => cluster.requests.at(-1)?.outcome ?? ''
