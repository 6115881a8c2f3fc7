import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { SimulatorOptions } from '../simulators/aws/config.ts'
import { type AwsSimulator, startAwsSimulator } from '../simulators/aws/simulator.ts'
import { makeCertificate } from './certificate.ts'
import { type EndpointProcess, startEndpoint } from './endpoint-process.ts'
import { freePort } from './free-port.ts'
import { type Idp, type IdpOptions, startIdp } from './idp.ts'
import { createPersonHome, type PersonHome } from './person.ts'
import { killReapersOf } from './reapers.ts'
import { removeWorkplace } from './workplace.ts'
import { awsRole, type WorldTarget } from './world-aws.ts'

export type WorldOptions = {
  /** Where they name files of the world, they are made from its directory. */
  readonly targets?: readonly WorldTarget[] | ((world: { readonly directory: string }) => readonly WorldTarget[])
  /** Cedar. */
  readonly policy?: string
  /** More of the endpoint's configuration, and files beside it by name. */
  readonly config?: string
  readonly files?: Readonly<Record<string, string>>
  readonly idp?: IdpOptions
  /** Life of the endpoint's access tokens, as the configuration writes it. */
  readonly accessToken?: string
  /** Environment of the endpoint on top of a bare one. */
  readonly endpointEnv?: Readonly<Record<string, string>>
  /** Serves over TLS as `https://localhost`. */
  readonly tls?: boolean
  /** The endpoint calls the region's own STS, as in real life, instead of the simulator by its address. */
  readonly realSts?: boolean
  /** Stands before the endpoint and answers to the address that everybody knows. */
  readonly front?: (behindPort: number) => Promise<{ readonly port: number; close(): Promise<void> }>
  /** More of what AWS holds besides the roles of the targets, given the issuer that those trust. */
  readonly awsAccount?: (options: SimulatorOptions) => SimulatorOptions
  /** Stands up before the endpoint starts; from then on everybody has `env`, and every cloud is reached under its own names alone. */
  readonly clouds?: (parts: CloudParts) => Promise<Clouds>
}

/** `url` is of the endpoint, the issuer that clouds trust. */
export type CloudParts = { readonly url: string; readonly aws: AwsSimulator; readonly directory: string }
export type Clouds = {
  readonly env: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** A company on loopback: real OpenID provider, the built endpoint as a process, strict AWS, and homes for its people. */
export type World = {
  readonly directory: string
  readonly idp: Idp
  readonly aws: AwsSimulator
  readonly endpoint: RunningEndpoint
  /** Certificate of the CA, for NODE_EXTRA_CA_CERTS; empty without TLS. */
  readonly ca: string
  person(login: string, env?: Readonly<Record<string, string>>): PersonHome
  /** The same, logged in. */
  loggedIn(login: string, env?: Readonly<Record<string, string>>): Promise<PersonHome>
  /** Another person who works as the same user of the same machine. */
  sameHome(of: PersonHome, login: string): PersonHome
  /** One more machine of somebody: an own home, into which the login is copied. */
  machine(of: PersonHome, name: string, env?: Readonly<Record<string, string>>): PersonHome
  /** Ends the reapers of everybody too. */
  close(): Promise<void>
}

export type RunningEndpoint = {
  readonly url: string
  readonly config: string
  pid(): number
  /** What the process wrote to stderr so far. */
  log(): string
  stop(signal?: NodeJS.Signals): Promise<void>
  /** With more in its environment where given, e.g. a wrong clock. */
  start(env?: Readonly<Record<string, string>>): Promise<void>
}

/** Where AWS answers in the region of these targets. */
export const REAL_STS = 'sts.eu-central-1.amazonaws.com'

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
  const targets = typeof options.targets === 'function' ? options.targets({ directory }) : (options.targets ?? TARGETS)
  const idp = await startIdp({ deviceInterval: 1, ...options.idp })
  const port = await freePort()
  const front = await options.front?.(port)
  const certificate = options.tls === true ? makeCertificate(directory, 'localhost', REAL_STS) : undefined
  const url = certificate === undefined ? `http://127.0.0.1:${front?.port ?? port}` : `https://localhost:${port}`
  const account: SimulatorOptions = {
    providers: [{ account: '123456789012', url, clientIds: ['sts.amazonaws.com'] }],
    roles: targets.filter((target) => target.aws !== false).map((target) => awsRole(target, url)),
    buckets: [{ account: '123456789012', name: 'orders', objects: { 'today.csv': 'id,total\n1,42\n' } }],
    allowLoopbackIssuers: true,
    keyCacheSeconds: 0,
    ...(certificate && { issuerCertificates: [readFileSync(certificate.ca, 'utf8')] }),
  }
  const aws = await startAwsSimulator(options.awsAccount?.(account) ?? account)
  const clouds = await options.clouds?.({ url, aws, directory })
  const config = path.join(directory, 'endpoint', 'jit-endpoint.yaml')
  mkdirSync(path.dirname(config), { mode: 0o700 })
  writeFileSync(path.join(directory, 'endpoint', 'policy.cedar'), options.policy ?? POLICY)
  for (const [name, text] of Object.entries(options.files ?? {}))
    writeFileSync(path.join(directory, 'endpoint', name), text)
  const sts = options.realSts === true || clouds !== undefined ? undefined : aws.url
  const accessToken = options.accessToken ?? '15m'
  const text = configText({ url, port, idp, sts, targets, accessToken, tls: certificate && directory })
  writeFileSync(config, `${text}${options.config ?? ''}`)
  const trusted = {
    ...(certificate && { NODE_EXTRA_CA_CERTS: certificate.ca }),
    ...clouds?.env,
    ...options.endpointEnv,
  }
  const endpoint = createEndpoint({ url, config, endpointEnv: trusted })
  await endpoint.start()
  const at = (directory: string, env: Readonly<Record<string, string>>) => ({
    directory,
    endpoint: url,
    env: { ...clouds?.env, ...env },
    ...(clouds === undefined && { aws: aws.url }),
  })
  const person: World['person'] = (login, env = {}) =>
    createPersonHome({ login, ...at(path.join(directory, 'homes', login), env) })
  return {
    directory,
    idp,
    aws,
    endpoint,
    ca: certificate?.ca ?? '',
    person,
    loggedIn: async (login, env) => {
      const home = person(login, env)
      const { code, stderr } = await home.logIn()
      if (code !== 0) throw new Error(stderr)
      return home
    },
    sameHome: ({ home }, login) => createPersonHome({ login, ...at(home, {}) }),
    machine: ({ login, home }, name, env = {}) => {
      const copy = path.join(directory, 'machines', name)
      for (const part of ['.config', '.local'])
        cpSync(path.join(home, part), path.join(copy, part), { recursive: true })
      return createPersonHome({ login, ...at(copy, env) })
    },
    close: async () => {
      killReapersOf(directory)
      await endpoint.stop()
      await Promise.all([idp.close(), aws.close(), front?.close(), clouds?.close()])
      await removeWorkplace(directory)
    },
  }
}

type ConfigParts = {
  url: string
  port: number
  idp: Idp
  sts: string | undefined
  targets: readonly WorldTarget[]
  accessToken: string
  /** Where the server's certificate and key lie. */
  tls: string | undefined
}

function configText({ url, port, idp, sts, targets, accessToken, tls }: ConfigParts): string {
  const target = ({
    name,
    description,
    maxDuration,
    labels,
    role,
    renewEvery = '1h',
    aws,
    more,
  }: WorldTarget): string => `
  - name: ${name}
    description: ${description}
    maxDuration: ${maxDuration}
    renewEvery: ${renewEvery}
    labels: [${labels.join(', ')}]${
      aws === false
        ? ''
        : `
    aws:
      role: arn:aws:iam::123456789012:role/${role ?? `jit-${name}`}
      region: eu-central-1`
    }${more === undefined ? '' : `\n${more.trimEnd().replace(/^/gm, '    ')}`}`
  const certificate = tls && `, tls: { certificate: ${tls}/server.pem, key: ${tls}/server.key }`
  return `endpoint: ${url}
listen: { host: 127.0.0.1, port: ${port}${certificate ?? ''} }
store: { kind: sqlite, path: data/jit.db }
idp:
  issuer: ${idp.issuer}
  clients: { browser: ${idp.clients.browser}, device: ${idp.clients.device} }
  scopes: [${idp.scopes.join(', ')}]
session: { accessToken: ${accessToken} }
policy: [policy.cedar]
${sts === undefined ? '' : `aws: { stsEndpoint: ${sts} }`}
targets:${targets.map(target).join('')}
`
}

type EndpointParts = Pick<WorldOptions, 'endpointEnv'> & {
  readonly url: string
  readonly config: string
}

function createEndpoint({ url, config, endpointEnv }: EndpointParts): RunningEndpoint {
  const processes: EndpointProcess[] = []
  let running: EndpointProcess | undefined
  return {
    url,
    config,
    pid: () => running?.child.pid ?? 0,
    log: () => processes.map((each) => each.log()).join(''),
    start: async (env = {}) => {
      const bare = { PATH: process.env['PATH'] ?? '', HOME: path.dirname(config) }
      running = await startEndpoint(config, { ...bare, ...endpointEnv, ...env })
      processes.push(running)
    },
    stop: async (signal = 'SIGTERM') => {
      const stopped = running
      running = undefined
      await stopped?.end(signal)
    },
  }
}
