import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { createLeasing, type Leasing } from '../../src/client/leasing.ts'
import { gcpFiles } from '../../src/client/sinks/clouds/gcp-files.ts'
import { gcpIsolated } from '../../src/client/sinks/clouds/gcp-isolated.ts'
import { gcloudTokenVariables } from '../../src/client/sinks/clouds/gcloud-token.ts'
import { gcpProcess } from '../../src/client/sinks/clouds/gcp-process.ts'
import type { GcpDelivered } from '../../src/client/sinks/clouds/gcp.ts'
import type { DeliveryMode } from '../../src/contract/target.ts'
import type { GcpCredential } from '../../src/contract/credential.ts'
import { type GcpSimulator, startGcpSimulator } from '../simulators/gcp/simulator.ts'
import { hasOpenssl } from '../support/certificate.ts'
import { type CloudNetwork, startCloudNetwork } from '../support/cloud-network.ts'
import { gcloudFiles, hasGcloud, runIn, useGcloudFor, type Variables } from '../support/gcloud-user.ts'
import { gcloudIn, gcpDelivery } from '../support/gcp-delivery.ts'
import { AUDIENCE, gcpOrganisation, grantClaims, PRINCIPAL, PROJECT } from '../support/gcp-organisation.ts'
import { leasingDeps } from '../support/leasing-deps.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { type Issuer, startIssuer } from '../support/issuer.ts'
import { TempHome } from '../support/temp-home.ts'

const PROJECTS_URL = 'https://cloudresourcemanager.googleapis.com/v1/projects'
const SUPPORT = join(import.meta.dirname, '../support')
/** How long after its end Google may still take a token, for clocks that differ. */
const TOLERANCE = 61
const ACME = { project: PROJECT, status: 200, data: { projects: [{ projectId: PROJECT }] } }

describe.skipIf(!hasOpenssl || !hasGcloud)('Google Cloud for the real gcloud and the real SDK', () => {
  let issuer: Issuer
  let gcp: GcpSimulator
  let network: CloudNetwork
  let home: TempHome
  let leasing: Leasing
  let credential: GcpDelivered

  beforeAll(async () => {
    issuer = await startIssuer()
    gcp = await startGcpSimulator(gcpOrganisation(issuer.url))
    network = await startCloudNetwork({ hosts: gcp.hosts })
  })
  afterAll(async () => {
    await Promise.all([network.close(), gcp.close(), issuer.close()])
  })

  const run = (command: string, args: readonly string[], more: Variables = {}) =>
    runIn(home, network.env)(command, args, more)
  const gcloud = (args: string, more: Variables = {}) => run('gcloud', args.split(' '), more)
  const sdk = (more: Variables) =>
    run(process.execPath, [join(SUPPORT, 'google-adc-child.ts'), PROJECTS_URL], more).then(({ stdout }) =>
      JSON.parse(stdout),
    )

  beforeEach(async () => {
    home = new TempHome()
    useGcloudFor(home)
    const { stateDir } = home
    const program = [process.execPath, join(SUPPORT, 'gcp-credential-child.ts')]
    leasing = createLeasing(
      leasingDeps({
        home: home.home,
        stateDir,
        clock: systemClock,
        sinks: (deps) => [gcpFiles, gcpIsolated, gcpProcess].map((make) => make({ ...deps, program })),
      }),
    )
    credential = await exchanged()
    return () => home[Symbol.dispose]()
  })

  /** By the code that `jit elevate` runs, in a process of its own, over the proxy. */
  async function exchanged(): Promise<GcpDelivered> {
    const exp = Math.floor(gcp.clock.now() / 1000) + 900
    const subjectToken = await issuer.sign(grantClaims(issuer.url, gcp.clock.now(), { exp }))
    const end = new Date(exp * 1000).toISOString()
    const sealed: GcpCredential = {
      cloud: 'gcp',
      kind: 'federated',
      project: PROJECT,
      principal: PRINCIPAL.replace('@', '%40'), // gcloud's parser interpolates what has a % in it
      expiration: end,
      notAfter: end,
      subjectToken,
      audience: AUDIENCE,
    }
    const { stdout, stderr } = await run(process.execPath, [
      join(SUPPORT, 'gcp-exchange-child.ts'),
      JSON.stringify(sealed),
    ])
    if (stdout === '') throw new Error(stderr)
    const { accessToken, expiresAt } = JSON.parse(stdout)
    return { ...sealed, accessToken, accessTokenExpires: expiresAt }
  }

  const secretFiles = (): readonly string[] =>
    home.filesHolding(credential.accessToken, ...(credential.kind === 'federated' ? [credential.subjectToken] : []))

  /** As `jit elevate` writes it; the variables that `jit env` prints. */
  async function elevate(deliver: DeliveryMode = 'files', asDefault = false): Promise<Variables> {
    const wanted = {
      id: 'g_1',
      target: 'prod',
      endpoint: 'https://jit.corp.example',
      deliver,
      endsAt: Date.now() + 900_000,
    }
    const lease = await leasing.write(wanted, [gcpDelivery(credential, asDefault)])
    return leasing.guide(lease)[0]?.environment ?? {}
  }

  async function wipe(): Promise<void> {
    expect(await leasing.wipe(['g_1'], 'revoked')).toMatchObject([{ wiped: true }])
    expect(secretFiles()).toEqual([])
  }

  test('gcloud takes the token from the configuration, and all that was the user’s stays byte for byte', async () => {
    const before = [...gcloudFiles(home)]
    const env = await elevate()
    const [projects, buckets] = await Promise.all([
      gcloud('--configuration=jit-prod projects list --format=value(projectId)'),
      gcloud('storage ls', env),
    ])
    expect([projects, buckets]).toEqual([
      { code: 0, stdout: `${PROJECT}\n`, stderr: '' },
      { code: 0, stdout: 'gs://acme-ledger/\n', stderr: '' },
    ])
    expect(gcp.requests.at(-1)).toMatchObject({ principal: PRINCIPAL, outcome: 'ok' })
    const known = new Set(before.map(([name]) => name))
    expect([...gcloudFiles(home)].filter(([name]) => known.has(name))).toEqual(before)
  })

  test('no token is in a log or a cache of gcloud’s, whatever prints it', async () => {
    await elevate()
    const planned = secretFiles()
    const printed = await Promise.all([
      gcloud('--configuration=jit-prod auth print-access-token'),
      gcloud('--configuration=jit-prod config config-helper --format=value(credential.access_token)'),
      gcloud('--configuration=jit-prod projects list --log-http --verbosity=debug'),
    ])
    const token = `${credential.accessToken}\n`
    expect(printed.slice(0, 2).map(({ stdout }) => stdout)).toEqual([token, token])
    expect(planned).toHaveLength(2)
    expect(secretFiles()).toEqual(planned)
  })

  test('what the user sets in our configuration does not make it his: it goes with the grant', async () => {
    await elevate()
    const set = await gcloud('--configuration=jit-prod config set accessibility/screen_reader true')
    expect(set).toMatchObject({ code: 0 })
    expect(home.text(gcloudIn(home, 'configurations', 'config_jit-prod'))).not.toContain('# Made by jit')
    await wipe()
    expect([...gcloudFiles(home).keys()].filter((name) => name.includes('jit-prod'))).toEqual([])
  })

  test('after the wipe it fails before any request, and the user’s gcloud is as before', async () => {
    const before = [...gcloudFiles(home)]
    const env = await elevate()
    await gcloud('projects list', env)
    await wipe()
    const asked = gcp.requests.length
    const [byFlag, byVariable] = await Promise.all([
      gcloud('--configuration=jit-prod projects list'),
      gcloud('projects list', env),
    ])
    for (const { code, stderr } of [byFlag, byVariable])
      expect([code, stderr]).toEqual([1, expect.stringContaining('active account')])
    expect(gcp.requests).toHaveLength(asked)
    const known = new Set(before.map(([name]) => name))
    expect([...gcloudFiles(home)].filter(([name]) => known.has(name))).toEqual(before)
    expect(await gcloud('config get project')).toMatchObject({ stdout: 'work\n' })
  })

  test('without its token file alone it says which one is missing', async () => {
    await elevate()
    for (const file of secretFiles()) rmSync(file)
    const { code, stderr } = await gcloud('--configuration=jit-prod projects list')
    expect([code, stderr]).toEqual([1, expect.stringMatching(/Unable to read file \[.*gcp-jit-prod\.access-token\]/)])
  })

  const choices: readonly (readonly [string, boolean])[] = [
    ['by --as-default', true],
    ['by the user himself', false],
  ]
  test.each(choices)(
    'active %s, it works without a flag, and his own is active afterwards',
    async (_how, asDefault) => {
      await elevate('files', asDefault)
      if (!asDefault) await gcloud('config configurations activate jit-prod')
      expect(await gcloud('projects list --format=value(projectId)')).toMatchObject({ code: 0, stdout: `${PROJECT}\n` })
      await wipe()
      expect(home.text(gcloudIn(home, 'active_config'))).toBe('work')
      const active = await gcloud('config configurations list --format=value(name,is_active)')
      expect(active).toMatchObject({ code: 0, stdout: 'default\tFalse\nwork\tTrue\n' })
    },
  )

  test('Google’s own end holds whatever lies here', async () => {
    const env = await elevate()
    gcp.clock.advance(900 + TOLERANCE)
    const late = await gcloud('--configuration=jit-prod projects list')
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('UNAUTHENTICATED')])
    expect(await sdk(env)).toMatchObject({ failed: expect.stringContaining('invalid_grant') })
  })

  test('SDKs find application default credentials, and none after the wipe', async () => {
    const env = await elevate()
    expect(await sdk(env)).toMatchObject(ACME)
    const python = await gcloud('auth application-default print-access-token', env)
    expect(python).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\S{16,}\n$/) })
    await wipe()
    expect(await sdk(env)).toMatchObject({ failed: expect.stringMatching(/does not exist/) })
  })

  test('isolated: everything in a directory of its own, and the user’s is not even looked at', async () => {
    const before = [...gcloudFiles(home)]
    const env = await elevate('isolated')
    const [lists, prints] = await Promise.all([
      gcloud('projects list --format=value(projectId)', env),
      gcloud('auth print-access-token', env),
    ])
    expect([lists.stdout, prints.stdout]).toEqual([`${PROJECT}\n`, `${credential.accessToken}\n`])
    expect(await sdk(env)).toMatchObject(ACME)
    expect(secretFiles().map((path) => basename(path))).toEqual([
      'gcp-jit-prod.access-token',
      'gcp-jit-prod.subject-token',
    ])
    await wipe()
    expect(existsSync(env['CLOUDSDK_CONFIG'] ?? '/')).toBe(false)
    expect([...gcloudFiles(home)]).toEqual(before)
  })

  test('process: SDKs ask jit, gcloud has the token where it is given one, and none is on the disk', async () => {
    const before = [...gcloudFiles(home)]
    const outside = mkdtempSync(join(tmpdir(), 'jit-sealed-')) // what the child has instead of the sealed file
    onTestFinished(() => rmSync(outside, { recursive: true }))
    const [env, opened] = [await elevate('process'), join(outside, 'token')]
    const asking = { ...env, TEST_SUBJECT_TOKEN: opened }
    expect(await sdk(asking)).toMatchObject({
      failed: expect.stringContaining('No active grant for prod on this machine.'),
    })
    writeFileSync(opened, credential.kind === 'federated' ? credential.subjectToken : '')
    expect(await sdk(asking)).toMatchObject(ACME)
    expect(await gcloud('auth application-default print-access-token', asking)).toMatchObject({ code: 0 })

    const given = { ...env, ...gcloudTokenVariables(credential.accessToken) }
    const [without, within, prints] = await Promise.all([
      gcloud('projects list', env),
      gcloud('projects list --format=value(projectId)', given),
      gcloud('auth print-access-token', given),
    ])
    expect([without.code, within.stdout, prints.stdout]).toEqual([1, `${PROJECT}\n`, `${credential.accessToken}\n`])
    expect(secretFiles()).toEqual([])
    await wipe()
    expect([...gcloudFiles(home)]).toEqual(before)
  })

  test('no client has asked for another host than Google’s', () => {
    expect(network.refused).toEqual([])
  })
})
