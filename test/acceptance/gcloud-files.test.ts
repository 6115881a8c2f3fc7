import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { SinkDeps } from '../../src/client/sinks/clouds/deps.ts'
import { gcpFiles } from '../../src/client/sinks/clouds/gcp-files.ts'
import { gcpIsolated } from '../../src/client/sinks/clouds/gcp-isolated.ts'
import { gcloudTokenVariables, gcpProcess } from '../../src/client/sinks/clouds/gcp-process.ts'
import type { GcpDelivered } from '../../src/client/sinks/clouds/gcp.ts'
import type { Intent } from '../../src/client/sinks/clouds/types.ts'
import { wipeDebris, wipePointer } from '../../src/client/sinks/pointer-file.ts'
import type { GcpCredential } from '../../src/contract/credential.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import { type GcpSimulator, startGcpSimulator } from '../simulators/gcp/simulator.ts'
import { hasOpenssl } from '../support/certificate.ts'
import { type CloudNetwork, startCloudNetwork } from '../support/cloud-network.ts'
import { gcloudFiles, hasGcloud, runIn, useGcloudFor, type Variables } from '../support/gcloud-user.ts'
import { deliver, gcloudIn, intentIn, pointerOf, sinkDeps } from '../support/gcp-delivery.ts'
import { AUDIENCE, gcpOrganisation, grantClaims, PRINCIPAL, PROJECT } from '../support/gcp-organisation.ts'
import { type Issuer, startIssuer } from '../support/issuer.ts'
import { TempHome } from '../support/temp-home.ts'

const PROJECTS_URL = 'https://cloudresourcemanager.googleapis.com/v1/projects'
const SUPPORT = join(import.meta.dirname, '../support')
/** How long after its end Google may still take a token, for clocks that differ. */
const TOLERANCE = 61
const OURS = /^(configurations\/config_jit-prod|jit-prod_configs\.db)$/

describe.skipIf(!hasOpenssl || !hasGcloud)('Google Cloud for the real gcloud and the real SDK', () => {
  let issuer: Issuer
  let gcp: GcpSimulator
  let network: CloudNetwork
  let home: TempHome
  let deps: SinkDeps
  let intent: Intent
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
    deps = { ...sinkDeps(home), program: [process.execPath, join(SUPPORT, 'gcp-credential-child.ts')] }
    intent = intentIn(home)
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
  const usersFiles = () => [...gcloudFiles(home)].filter(([name]) => !OURS.test(name))

  function wipe(): void {
    const pointer = pointerOf(home, intent)
    rmSync(intent.directory, { recursive: true })
    wipePointer(nodeFileSystem, pointer, intent.lease)
    wipeDebris(nodeFileSystem, { path: gcloudIn(home, 'jit-prod_configs.db'), beside: pointer.beside }, intent.lease)
    rmSync(pointer.beside)
  }

  test('gcloud takes the token from the configuration, and all that was the user’s stays byte for byte', async () => {
    const before = [...gcloudFiles(home)]
    deliver(gcpFiles(deps), intent, credential)
    const [projects, buckets] = await Promise.all([
      gcloud('--configuration=jit-prod projects list --format=value(projectId)'),
      gcloud('storage ls', gcpFiles(deps).environment(intent)),
    ])
    expect([projects, buckets]).toEqual([
      { code: 0, stdout: `${PROJECT}\n`, stderr: '' },
      { code: 0, stdout: 'gs://acme-ledger/\n', stderr: '' },
    ])
    expect(gcp.requests.at(-1)).toMatchObject({ principal: PRINCIPAL, outcome: 'ok' })
    expect(usersFiles().filter(([name]) => before.some(([known]) => known === name))).toEqual(before)
  })

  test('no token is in a log or a cache of gcloud’s, whatever prints it', async () => {
    deliver(gcpFiles(deps), intent, credential)
    const planned = secretFiles()
    const printed = await Promise.all([
      gcloud('--configuration=jit-prod auth print-access-token'),
      gcloud('--configuration=jit-prod config config-helper --format=value(credential.access_token)'),
      gcloud('--configuration=jit-prod projects list --log-http --verbosity=debug'),
    ])
    expect(printed.slice(0, 2).map(({ stdout }) => stdout.trim())).toEqual([
      credential.accessToken,
      credential.accessToken,
    ])
    expect(planned).toHaveLength(2)
    expect(secretFiles()).toEqual(planned)
  })

  test('what the user sets in our configuration keeps it ours', async () => {
    deliver(gcpFiles(deps), intent, credential)
    expect(
      await gcloud('--configuration=jit-prod config set compute/use_new_list_usable_subnets_api true'),
    ).toMatchObject({
      code: 0,
    })
    expect(home.text(gcloudIn(home, 'configurations', 'config_jit-prod'))).not.toContain('# Made by jit')
    expect(gcpFiles(deps).plan(intent)).toHaveLength(6)
    expect(gcpFiles(deps).strays?.()).toMatchObject([{ lease: intent.lease }])
  })

  test('after the wipe it fails before any request, names the file, and the user’s gcloud is as before', async () => {
    deliver(gcpFiles(deps), intent, credential)
    await gcloud('--configuration=jit-prod projects list')
    rmSync(intent.directory, { recursive: true }) // the secrets go first
    const asked = gcp.requests.length
    const gone = await gcloud('--configuration=jit-prod projects list')
    expect([gone.code, gone.stderr]).toEqual([
      1,
      expect.stringMatching(/Unable to read file \[.*gcp-jit-prod\.access-token\]/),
    ])
    expect(gcp.requests).toHaveLength(asked)
    deliver(gcpFiles(deps), intent, credential)
    wipe()
    expect([...gcloudFiles(home).keys()].filter((name) => name.includes('jit-prod'))).toEqual([])
    expect(await gcloud('config get project')).toMatchObject({ stdout: 'work\n' })
    expect(secretFiles()).toEqual([])
  })

  test.each([
    ['by --as-default', true],
    ['by the user himself', false],
  ])(
    'made the active one %s, it works without a flag, and the user’s is active again after the wipe',
    async (_how, asDefault) => {
      intent = { ...intent, asDefault }
      deliver(gcpFiles(deps), intent, credential)
      if (!asDefault) await gcloud('config configurations activate jit-prod')
      expect(await gcloud('projects list --format=value(projectId)')).toMatchObject({ code: 0, stdout: `${PROJECT}\n` })
      wipe()
      expect(readFileSync(gcloudIn(home, 'active_config'), 'utf8')).toBe('work')
      const active = await gcloud('config configurations list --format=value(name,is_active)')
      expect(active).toMatchObject({ code: 0, stdout: 'default\tFalse\nwork\tTrue\n' })
    },
  )

  test('Google’s own end holds whatever lies here', async () => {
    deliver(gcpFiles(deps), intent, credential)
    gcp.clock.advance(900 + TOLERANCE)
    const late = await gcloud('--configuration=jit-prod projects list')
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('UNAUTHENTICATED')])
    expect(await sdk(gcpFiles(deps).environment(intent))).toMatchObject({
      failed: expect.stringContaining('invalid_grant'),
    })
  })

  test('SDKs find application default credentials, and none after the wipe', async () => {
    deliver(gcpFiles(deps), intent, credential)
    const env = gcpFiles(deps).environment(intent)
    expect(await sdk(env)).toMatchObject({
      project: PROJECT,
      status: 200,
      data: { projects: [{ projectId: PROJECT }] },
    })
    const python = await gcloud('auth application-default print-access-token', env)
    expect(python).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\S{16,}\n$/) })
    wipe()
    expect(await sdk(env)).toMatchObject({ failed: expect.stringMatching(/does not exist/) })
  })

  test('isolated: everything in a directory of its own, and the user’s is not even looked at', async () => {
    const before = [...gcloudFiles(home)]
    deliver(gcpIsolated(deps), intent, credential)
    const env = gcpIsolated(deps).environment(intent)
    const lists = await gcloud('projects list --format=value(projectId)', env)
    const prints = await gcloud('auth print-access-token', env)
    expect([lists.stdout, prints.stdout]).toEqual([`${PROJECT}\n`, `${credential.accessToken}\n`])
    expect(await sdk(env)).toMatchObject({ project: PROJECT, status: 200 })
    expect([...gcloudFiles(home)]).toEqual(before)
    expect(secretFiles().map((path) => path.slice(intent.directory.length + 1))).toEqual([
      'gcp-jit-prod.access-token',
      'gcp-jit-prod.subject-token',
    ])
  })

  test('process: SDKs ask jit, gcloud has the token where it is given one, and none is on the disk', async () => {
    const before = [...gcloudFiles(home)]
    if (credential.kind !== 'federated') throw new Error('a federated one is expected')
    const sink = gcpProcess(deps)
    deliver(sink, intent, credential)
    const sealed = join(home.root, 'sealed') // what the child stands in for
    const env = { ...sink.environment(intent), TEST_SUBJECT_TOKEN: sealed }
    expect(await sdk(env)).toMatchObject({
      failed: expect.stringContaining('No active grant for prod on this machine.'),
    })
    writeFileSync(sealed, credential.subjectToken)
    expect(await sdk(env)).toMatchObject({ project: PROJECT, status: 200 })
    expect(await gcloud('auth application-default print-access-token', env)).toMatchObject({ code: 0 })
    rmSync(sealed)

    const [without, within, prints] = await Promise.all([
      gcloud('projects list', env),
      gcloud('projects list --format=value(projectId)', { ...env, ...gcloudTokenVariables(credential.accessToken) }),
      gcloud('auth print-access-token', { ...env, ...gcloudTokenVariables(credential.accessToken) }),
    ])
    expect([without.code, within.stdout, prints.stdout]).toEqual([1, `${PROJECT}\n`, `${credential.accessToken}\n`])
    expect(secretFiles()).toEqual([])
    expect([...gcloudFiles(home)]).toEqual(before)
  })

  test('no client has asked for another host than Google’s', () => {
    expect(network.refused).toEqual([])
  })
})
