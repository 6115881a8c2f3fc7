import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Company } from './company.ts'

export type Started = {
  readonly directory: string
  readonly port: number
  readonly company: Company
  /** URL of a PostgreSQL database; SQLite without. */
  readonly database?: string
  /** What users type, where it is not this very port: several replicas are one endpoint. */
  readonly url?: string
}

/** The built endpoint, where policy gives everybody everything at once, the kill switch too. */
export function startEndpoint({ directory, port, company, database, url }: Started): Promise<ChildProcess> {
  const config = path.join(directory, `jit-endpoint-${port}.yaml`)
  mkdirSync(directory, { recursive: true })
  writeFileSync(
    path.join(directory, 'policy.cedar'),
    '@id("all")\npermit(principal, action in [Action::"request", Action::"autoApprove", Action::"administer"], resource);\n',
  )
  writeFileSync(
    config,
    `endpoint: ${url ?? `http://127.0.0.1:${port}`}
listen: { host: 127.0.0.1, port: ${port} }
trustedProxies: [127.0.0.1]
store: ${database === undefined ? '{ kind: sqlite, path: data/jit.db }' : `{ kind: postgres, url: '${database}' }`}
idp: { issuer: ${company.issuer}, clients: { device: jit }, scopes: [openid] }
policy: [policy.cedar]
aws: { stsEndpoint: ${company.sts} }
targets:
  - name: staging-db
    maxDuration: 8h
    aws: { role: 'arn:aws:iam::123456789012:role/jit-staging-db', region: eu-central-1 }
`,
  )
  const bin = path.resolve(import.meta.dirname, '../../bin/jit-endpoint.js')
  const child = spawn(process.execPath, [bin, 'serve', '--config', config, '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => resolve(child))
    child.once('exit', (code) => reject(new Error(`jit-endpoint ended with ${code}`)))
  })
}
