import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import path from 'node:path'
import { CLAIMS, type CiProvider, CONFIG, POLICY } from './ci-platforms.ts'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { startServer } from './http-server.ts'
import { type Ended, launch, type Running } from './launch.ts'
import { fakeProgram } from './workload.ts'
import { startWorld, TARGETS, type World } from './world.ts'

const BIN = path.resolve(import.meta.dirname, '../../bin/jit.js')
const NODE = path.dirname(process.execPath)

/** A machine that runs one job: a home, an environment, `jit` on its PATH. */
export type Job = {
  readonly home: string
  readonly programs: string
  readonly env: Readonly<Record<string, string>>
  jit(...args: string[]): Promise<Ended>
  start(...args: string[]): Running
  /** A script of the pipeline, in bash as runners start it. */
  bash(script: string, env?: Readonly<Record<string, string>>): Promise<Ended>
  /** Files below the home that hold this. */
  holding(text: string): readonly string[]
}

export type CiWorld = {
  readonly world: World
  readonly url: string
  /** Where GitHub's runner, Azure's agent and Google's metadata server would have their token services. */
  readonly services: string
  /** Tokens that the platforms made so far. */
  readonly made: () => number
  /** A token that a platform would make for a job. */
  token(provider: CiProvider, more?: JWTPayload): Promise<string>
  job(name: string, env?: Readonly<Record<string, string>>): Job
  close(): Promise<void>
}

export const RUNNER_BEARER = 'the-runner-knows-this'

export async function startCiWorld(): Promise<CiWorld> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'p1', alg: 'RS256', use: 'sig' }
  const world = await startWorld({
    targets: TARGETS,
    policy: POLICY,
    config: CONFIG,
    files: {
      'platforms.json': JSON.stringify({ keys: [jwk] }),
      'bundle.json': JSON.stringify({ keys: [{ ...jwk, use: 'jwt-svid' }] }),
    },
  })
  const { url } = world.endpoint
  let made = 0
  const token = (provider: CiProvider, more: JWTPayload = {}): Promise<string> => {
    made += 1
    const aud = provider === 'azure-devops' ? 'api://AzureADTokenExchange' : url
    return new SignJWT({ jti: `t-${made}-${process.hrtime.bigint()}`, aud, ...CLAIMS[provider], ...more })
      .setProtectedHeader({ alg: 'RS256', kid: 'p1', typ: 'JWT' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey)
  }
  const services = await startServer((request, response) => {
    const asked = new URL(request.url ?? '', 'http://127.0.0.1')
    const aud = asked.searchParams.get('audience') ?? ''
    const isBearer = /^bearer (.*)$/i.exec(request.headers.authorization ?? '')?.[1] === RUNNER_BEARER
    const answer = async (): Promise<string | undefined> => {
      const claims: unknown = JSON.parse(asked.searchParams.get('claims') ?? '{}')
      const more = typeof claims === 'object' && claims !== null ? { ...claims } : {}
      if (asked.pathname === '/github' && isBearer)
        return JSON.stringify({ count: 1, value: await token('github', { ...more, aud }) })
      if (asked.pathname === '/azure' && isBearer && request.method === 'POST')
        return JSON.stringify({ oidcToken: await token('azure-devops') })
      if (asked.pathname === '/task-role') return JSON.stringify(TASK_ROLE)
      if (asked.pathname === '/sts' || asked.pathname === '/sts/') return webIdentity(request, await token('aws'))
      const isMetadata = asked.pathname.endsWith('/service-accounts/default/identity')
      return isMetadata && request.headers['metadata-flavor'] === 'Google' ? token('google', { aud }) : undefined
    }
    void answer().then((text) => response.writeHead(text === undefined ? 403 : 200).end(text))
  })
  return {
    world,
    url,
    services: services.url,
    made: () => made,
    token,
    job: (name, env = {}) => createJob(path.join(world.directory, 'jobs', name), { url, aws: world.aws.url, env }),
    close: async () => {
      await world.close()
      await services.close()
    },
  }
}

/** What a container of AWS is given for its role. */
const TASK_ROLE = {
  AccessKeyId: 'ASIATASKROLE00000001',
  SecretAccessKey: 'of-the-task-role',
  Token: 'session-of-the-task-role',
  Expiration: '2099-01-01T00:00:00Z',
}

/** STS' answer to `GetWebIdentityToken`, for calls signed by the role alone. */
function webIdentity(request: IncomingMessage, token: string): string | undefined {
  const isSigned = (request.headers.authorization ?? '').includes(`Credential=${TASK_ROLE.AccessKeyId}/`)
  if (!isSigned || request.headers['x-amz-security-token'] !== TASK_ROLE.Token) return undefined
  return `<GetWebIdentityTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetWebIdentityTokenResult><WebIdentityToken>${token}</WebIdentityToken><Expiration>2099-01-01T00:00:00Z</Expiration></GetWebIdentityTokenResult></GetWebIdentityTokenResponse>`
}

type JobParts = { readonly url: string; readonly aws: string; readonly env: Readonly<Record<string, string>> }

function createJob(home: string, { url, aws, env: more }: JobParts): Job {
  const programs = path.join(home, 'programs')
  mkdirSync(path.join(home, 'temp'), { recursive: true })
  fakeProgram(programs, 'jit', `exec '${process.execPath}' '${BIN}' "$@"`)
  const env = {
    PATH: `${programs}:${NODE}:/usr/bin:/bin`,
    HOME: home,
    CI: 'true',
    JIT_ENDPOINT_URL: url,
    AWS_ENDPOINT_URL: aws,
    AWS_EC2_METADATA_DISABLED: 'true',
    LC_ALL: 'C.UTF-8',
    ...more,
  }
  const start = (...args: string[]): Running => launch(process.execPath, [BIN, ...args], env)
  return {
    home,
    programs,
    env,
    start,
    jit: (...args) => start(...args).done,
    bash: (script, extra = {}) => {
      const file = path.join(home, 'temp', 'script.sh')
      writeFileSync(file, script)
      const inHome = ['-c', 'cd "$HOME" && exec "$@"', 'bash', 'bash', '--noprofile', '--norc', '-e', '-o', 'pipefail']
      return launch('bash', [...inHome, file], { ...env, ...extra }).done
    },
    holding: (text) => filesBelow(home).filter((file) => textOf(file).includes(text)),
  }
}

const filesBelow = (directory: string): readonly string[] =>
  existsSync(directory)
    ? readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
    : []

/** Empty where it is gone meanwhile: a reaper may be at work. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

/** Empty where a program ended well; else all that is known of its failure. */
export const failureOf = ({ code, stderr }: Ended): string => (code === 0 ? '' : `${code}: ${stderr}`)

/** What GitHub's runner sets for a step. */
export const githubEnv = (services: string, more: Readonly<Record<string, string>> = {}, claims: JWTPayload = {}) => ({
  GITHUB_ACTIONS: 'true',
  GITHUB_RUN_ID: '42',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_JOB: 'deploy',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/shop',
  GITHUB_WORKFLOW: 'deploy',
  RUNNER_NAME: 'runner 1',
  RUNNER_TEMP: '/tmp',
  ACTIONS_ID_TOKEN_REQUEST_URL: `${services}/github?api-version=2.0&claims=${encodeURIComponent(JSON.stringify(claims))}`,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: RUNNER_BEARER,
  ...more,
})
