import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type GcpSimulator, startGcpSimulator } from '../simulators/gcp/simulator.ts'
import { hasOpenssl } from '../support/certificate.ts'
import { type CloudNetwork, startCloudNetwork } from '../support/cloud-network.ts'
import {
  AUDIENCE,
  gcpOrganisation,
  grantClaims,
  POOL,
  PRINCIPAL,
  PROJECT,
  SERVICE_ACCOUNT,
} from '../support/gcp-organisation.ts'
import { type Issuer, startIssuer } from '../support/issuer.ts'

const hasGcloud = spawnSync('gcloud', ['--version']).status === 0
const PROJECTS_URL = 'https://cloudresourcemanager.googleapis.com/v1/projects'
const IMPERSONATION = `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${SERVICE_ACCOUNT}:generateAccessToken`

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

describe.skipIf(!hasOpenssl)('real clients of Google Cloud on the simulator, under production names', () => {
  let dir: string
  let issuer: Issuer
  let gcp: GcpSimulator
  let network: CloudNetwork

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'jit-gcloud-'))
    issuer = await startIssuer()
    gcp = await startGcpSimulator(gcpOrganisation(issuer.url))
    network = await startCloudNetwork({ hosts: gcp.hosts })
  })
  afterAll(async () => {
    await Promise.all([network.close(), gcp.close(), issuer.close()])
    rmSync(dir, { recursive: true })
  })

  type Variables = Readonly<Record<string, string>>
  function run(command: string, args: readonly string[], env: Variables = {}, outside = network.env): Promise<Ended> {
    const all = { PATH: process.env['PATH'], HOME: dir, ...outside, ...env }
    return new Promise((resolve) => {
      execFile(command, [...args], { env: all, encoding: 'utf8', timeout: 60_000 }, (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, stdout, stderr })
      })
    })
  }

  const grantToken = (seconds = 1200): Promise<string> => {
    const exp = Math.floor(gcp.clock.now() / 1000) + seconds
    return issuer.sign(grantClaims(issuer.url, gcp.clock.now(), { exp }))
  }

  /** An external_account file as jit writes it, over a file with the grant token. */
  function credentialsFile(subjectToken: string, more: Readonly<Record<string, unknown>> = {}): string {
    const [subject, credentials] = [join(dir, 'subject.jwt'), join(dir, 'adc.json')]
    writeFileSync(subject, subjectToken)
    const account = {
      type: 'external_account',
      audience: AUDIENCE,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: 'https://sts.googleapis.com/v1/token',
      credential_source: { file: subject },
      ...more,
    }
    writeFileSync(credentials, JSON.stringify(account))
    return credentials
  }

  /** google-auth-library in a process of its own: what it printed. */
  async function ask(...args: Parameters<typeof credentialsFile>) {
    const program = ['test/support/google-auth-process.ts', credentialsFile(...args), PROJECTS_URL]
    const { stdout, stderr } = await run(process.execPath, program)
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout)
  }

  describe('google-auth-library', () => {
    test('exchanges a grant token for one that lives as long, and reads with it', async () => {
      const answer = await ask(await grantToken(600))
      expect(answer).toMatchObject({ status: 200, data: { projects: [{ projectId: PROJECT }] } })
      expect((answer.expiry - gcp.clock.now()) / 1000).toBeCloseTo(600, -1)
      expect(gcp.requests.at(-1)).toMatchObject({ principal: PRINCIPAL, outcome: 'ok' })
    })

    test('impersonates for as long as the file says', async () => {
      const answer = await ask(await grantToken(), {
        service_account_impersonation_url: IMPERSONATION,
        service_account_impersonation: { token_lifetime_seconds: 900 },
      })
      expect(answer).toMatchObject({ status: 200, data: { projects: [{ projectId: PROJECT }] } })
      expect((answer.expiry - gcp.clock.now()) / 1000).toBeCloseTo(900, -1)
      expect(gcp.requests.slice(-3).map(({ host, principal }) => [host, principal])).toEqual([
        ['sts.googleapis.com', undefined],
        ['iamcredentials.googleapis.com', PRINCIPAL],
        ['cloudresourcemanager.googleapis.com', `serviceAccount:${SERVICE_ACCOUNT}`],
      ])
    })

    test('says why an exchange or an impersonation was refused', async () => {
      const late = await ask(await grantToken(-120))
      expect(late.failed).toMatch(/Error code invalid_grant: ID Token issued at \d+ is stale to sign-in\./)
      const url = IMPERSONATION.replace('prod-db@', 'nobody@')
      const nobody = await ask(await grantToken(), { service_account_impersonation_url: url })
      expect(nobody).toMatchObject({ status: 404 })
    })
  })

  describe.skipIf(!hasGcloud)('gcloud with a token file', () => {
    let env: Readonly<Record<string, string>>
    let token: string

    beforeAll(async () => {
      const config = join(dir, 'gcloud')
      mkdirSync(config)
      token = join(dir, 'token')
      env = {
        CLOUDSDK_CONFIG: config,
        CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: token,
        CLOUDSDK_CORE_PROJECT: PROJECT,
        CLOUDSDK_CORE_CHECK_GCE_METADATA: '0',
        CLOUDSDK_CORE_DISABLE_PROMPTS: '1',
        CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: '1',
        CLOUDSDK_CORE_DISABLE_FILE_LOGGING: '1',
        CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: '1',
      }
      await freshToken()
    })

    async function freshToken(): Promise<void> {
      writeFileSync(token, (await ask(await grantToken())).token, { mode: 0o600 })
    }
    const gcloud = (...args: string[]): Promise<Ended> => run('gcloud', args, env)

    test('lists and describes projects, lists buckets and objects, and reads one', async () => {
      const [projects, project, buckets, objects, bytes] = await Promise.all([
        gcloud('projects', 'list', '--format=value(projectId,projectNumber)'),
        gcloud('projects', 'describe', PROJECT, '--format=value(name)'),
        gcloud('storage', 'ls'),
        gcloud('storage', 'ls', 'gs://acme-ledger'),
        gcloud('storage', 'cat', 'gs://acme-ledger/q3.txt'),
      ])
      expect(
        [projects, project, buckets, objects, bytes].map(({ code, stdout, stderr }) => [code, stdout, stderr]),
      ).toEqual([
        [0, 'acme-prod\t123456789012\n', ''],
        [0, 'Acme production\n', ''],
        [0, 'gs://acme-ledger/\n', ''],
        [0, 'gs://acme-ledger/q3.txt\ngs://acme-ledger/old/\n', ''],
        [0, 'numbers\n', ''],
      ])
    })

    test('is refused from the end of the grant token on, and names the file that the token came from', async () => {
      await freshToken()
      gcp.clock.advance(1200)
      const [projects, buckets] = await Promise.all([gcloud('projects', 'list'), gcloud('storage', 'ls')])
      expect([projects.code, projects.stderr]).toEqual([
        1,
        expect.stringContaining('UNAUTHENTICATED: Request had invalid authentication credentials.'),
      ])
      expect(projects.stderr).toContain(`access token from ${token}`)
      expect([buckets.code, buckets.stderr]).toEqual([1, expect.stringContaining('HTTPError 401')])
    })

    test('is refused while the pool is disabled', async () => {
      await freshToken()
      gcp.setState(POOL, 'disabled')
      onTestFinished(() => gcp.setState(POOL, 'active'))
      const { code, stderr } = await gcloud('projects', 'list')
      expect([code, stderr]).toEqual([1, expect.stringContaining('UNAUTHENTICATED')])
    })

    test('is told what its target may not', async () => {
      await freshToken()
      const { code, stderr } = await gcloud('projects', 'describe', 'acme-other')
      expect([code, stderr]).toEqual([1, expect.stringContaining('The caller does not have permission')])
    })

    test('needs nothing but HTTPS_PROXY and the property with the CA', async () => {
      await freshToken()
      const { HTTPS_PROXY = '', CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE = '' } = network.env
      const bare = { ...env, HTTPS_PROXY, CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE }
      const { code, stdout } = await run('gcloud', ['projects', 'list'], bare, {})
      expect([code, stdout]).toEqual([0, expect.stringContaining(PROJECT)])
    })

    test('impersonates by an external_account file, whose Python library reads times more narrowly', async () => {
      const { CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: _, ...own } = env
      const adc = credentialsFile(await grantToken(), { service_account_impersonation_url: IMPERSONATION })
      const { code, stdout, stderr } = await run('gcloud', ['projects', 'list'], {
        ...own,
        CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE: adc,
      })
      expect([code, stdout, stderr]).toEqual([0, expect.stringContaining(PROJECT), ''])
      expect(gcp.requests.at(-1)).toMatchObject({ principal: `serviceAccount:${SERVICE_ACCOUNT}` })
    })
  })

  test('nobody tried to reach anything else', () => {
    expect(network.refused).toEqual([])
  })
})
