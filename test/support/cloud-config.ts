import { loadConfig } from '../../src/server/config/load.ts'
import { ConfigurationError, renderFault } from '../../src/server/config/types.ts'

export const GCP = `    gcp:
      project: corp-prod
      provider: projects/123456789012/locations/global/workloadIdentityPools/jit-pool/providers/jit-endpoint
`
export const AZURE = `    azure:
      tenant: 3F2A9C1E-0D4B-4C66-9A55-7BE1D2F0C8A1
      client: 8e1b7a52-91c4-4f0e-b7a6-0c5d3e2f1a90
      subscription: C4D0F6B1-2a3e-4d5c-8b7a-9e0f1a2b3c4d
      role: SQL DB Contributor
`
export const KUBERNETES = `    kubernetes:
      cluster: prod-eu
      server: https://k8s.prod.corp.example:6443
      audience: https://k8s.prod.corp.example
`
const HEAD = `endpoint: https://jit.corp.example
store: { kind: sqlite, path: state.sqlite }
idp: { issuer: "https://idp.corp.example", clients: { browser: b } }
policy: [policy.cedar]
targets:
`
/** A target whose blocks start at line 8 of the file. */
export const target = (...blocks: readonly string[]) => `  - name: prod-db\n    maxDuration: 4h\n${blocks.join('')}`
export const other = (...blocks: readonly string[]) => target(...blocks).replace('prod-db', 'other')
export const file = (...targets: readonly string[]) => HEAD + targets.join('')

export type Extra = {
  readonly files?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
}
export const load = (text: string, { files = {}, env = {} }: Extra = {}) =>
  loadConfig({
    path: '/etc/jit/c.yaml',
    readText: (path) => {
      if (path === '/etc/jit/c.yaml') return text
      const found = files[path]
      if (found === undefined) throw new Error('ENOENT: no such file')
      return found
    },
    env,
  })
export const accessOf = async (text: string, extra?: Extra) => (await load(text, extra)).config.targets[0]

export async function faultsOf(text: string, extra?: Extra): Promise<readonly string[]> {
  try {
    await load(text, extra)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults.map(renderFault)
    throw error
  }
  return []
}

/** One line of a block replaced. */
export const but = (block: string, line: RegExp, by: string): string => {
  if (!line.test(block)) throw new Error(`no ${line}`)
  return file(target(block.replace(line, by)))
}
export const also = (block: string, line: string): string => file(target(`${block}      ${line}\n`))
