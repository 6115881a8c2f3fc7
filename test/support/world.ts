import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type AwsSimulator, startAwsSimulator } from '../simulators/aws/simulator.ts'
import { freePort } from './free-port.ts'
import { type Idp, type IdpOptions, startIdp } from './idp.ts'
import { createPersonHome, type PersonHome } from './person.ts'
import { awsRole, type WorldTarget } from './world-aws.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')

export type WorldOptions = {
  readonly targets?: readonly WorldTarget[]
  /** Cedar. */
  readonly policy?: string
  readonly idp?: IdpOptions
  /** Life of the endpoint's access tokens, as the configuration writes it. */
  readonly accessToken?: string
  /** Environment of the endpoint on top of a bare one. */
  readonly endpointEnv?: Readonly<Record<string, string>>
  /** Starts the endpoint under another program, e.g. faketime. */
  readonly endpointUnder?: readonly string[]
}

/** A company on loopback: real OpenID provider, the built endpoint as a process, strict AWS, and homes for its people. */
export type World = {
  readonly directory: string
  readonly idp: Idp
  readonly aws: AwsSimulator
  readonly endpoint: RunningEndpoint
  person(login: string, env?: Readonly<Record<string, string>>): PersonHome
  close(): Promise<void>
}

export type RunningEndpoint = {
  readonly url: string
  readonly config: string
  pid(): number
  /** What the process wrote to stderr so far. */
  log(): string
  stop(signal?: NodeJS.Signals): Promise<void>
  start(): Promise<void>
}

export const TARGETS: readonly WorldTarget[] = [
  { name: 'staging-db', description: 'Staging database', maxDuration: '8h', labels: ['env=staging'] },
  { name: 'prod-db', description: 'Production database', maxDuration: '4h', labels: ['env=prod'] },
]

/** Developers get staging at once; production needs one of the database administrators. */
export const POLICY = `
@id("developers-ask")
permit(principal in Group::"dev", action == Action::"request", resource);

@id("staging-at-once")
permit(principal in Group::"dev", action == Action::"autoApprove", resource == Target::"staging-db");

@id("dba-approves")
permit(principal in Group::"dba", action == Action::"approve", resource);
`

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), 'jit-world-')))
  const targets = options.targets ?? TARGETS
  const idp = await startIdp({ deviceInterval: 1, ...options.idp })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const aws = await startAwsSimulator({
    providers: [{ account: '123456789012', url, clientIds: ['sts.amazonaws.com'] }],
    roles: targets.map((target) => awsRole(target, url)),
    buckets: [{ account: '123456789012', name: 'orders', objects: { 'today.csv': 'id,total\n1,42\n' } }],
    allowLoopbackIssuers: true,
    keyCacheSeconds: 0,
  })
  const config = path.join(directory, 'endpoint', 'jit-endpoint.yaml')
  mkdirSync(path.dirname(config), { mode: 0o700 })
  writeFileSync(path.join(directory, 'endpoint', 'policy.cedar'), options.policy ?? POLICY)
  writeFileSync(config, configText({ url, port, idp, aws, targets, accessToken: options.accessToken ?? '15m' }))
  const endpoint = createEndpoint({ url, config, ...options })
  await endpoint.start()
  return {
    directory,
    idp,
    aws,
    endpoint,
    person: (login, env = {}) =>
      createPersonHome({ login, directory: path.join(directory, 'homes', login), endpoint: url, aws: aws.url, env }),
    close: async () => {
      await endpoint.stop()
      await Promise.all([idp.close(), aws.close()])
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

type ConfigParts = {
  url: string
  port: number
  idp: Idp
  aws: AwsSimulator
  targets: readonly WorldTarget[]
  accessToken: string
}

function configText({ url, port, idp, aws, targets, accessToken }: ConfigParts): string {
  const target = ({ name, description, maxDuration, labels }: WorldTarget): string => `
  - name: ${name}
    description: ${description}
    maxDuration: ${maxDuration}
    labels: [${labels.join(', ')}]
    aws:
      role: arn:aws:iam::123456789012:role/jit-${name}
      region: eu-central-1`
  return `endpoint: ${url}
listen: { host: 127.0.0.1, port: ${port} }
store: { kind: sqlite, path: data/jit.db }
idp:
  issuer: ${idp.issuer}
  clients: { browser: ${idp.clients.browser}, device: ${idp.clients.device} }
  scopes: [${idp.scopes.join(', ')}]
session: { accessToken: ${accessToken} }
policy: [policy.cedar]
aws: { stsEndpoint: ${aws.url} }
targets:${targets.map(target).join('')}
`
}

type EndpointParts = Pick<WorldOptions, 'endpointEnv' | 'endpointUnder'> & {
  readonly url: string
  readonly config: string
}

function createEndpoint({ url, config, endpointEnv, endpointUnder = [] }: EndpointParts): RunningEndpoint {
  let child: ChildProcess | undefined
  let log = ''
  const argv = [
    ...endpointUnder,
    process.execPath,
    path.join(ROOT, 'bin/jit-endpoint.js'),
    'serve',
    '--config',
    config,
    '--json',
  ]
  return {
    url,
    config,
    pid: () => child?.pid ?? 0,
    log: () => log,
    start: () =>
      new Promise((resolve, reject) => {
        const started = spawn(argv[0] ?? '', argv.slice(1), {
          env: { PATH: process.env['PATH'] ?? '', HOME: path.dirname(config), ...endpointEnv },
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        child = started
        started.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
        started.stdout.once('data', () => resolve())
        started.once('error', reject)
        started.once('exit', (code, signal) => reject(new Error(`jit-endpoint ended (${code ?? signal}):\n${log}`)))
      }),
    stop: (signal = 'SIGTERM') =>
      new Promise((resolve) => {
        const running = child
        child = undefined
        if (running === undefined || running.exitCode !== null || running.signalCode !== null) return resolve()
        running.once('exit', () => resolve())
        running.kill(signal)
      }),
  }
}
