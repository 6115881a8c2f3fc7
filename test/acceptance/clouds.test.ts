import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { changes, hashesOf } from '../support/watched-files.ts'
import { hasOpenssl } from '../support/certificate.ts'
import { clientOf } from '../support/cloud-holdings.ts'
import { type CloudWorld, startCloudWorld } from '../support/cloud-world.ts'
import type { PersonHome } from '../support/person.ts'
import { runEndpoint } from '../support/run-endpoint.ts'
import { copyStock, stock } from '../support/stocked-home.ts'

const CLOUDS = ['aws', 'gcp', 'azure', 'kubernetes']
const PROVIDER = 'projects/123456789012/locations/global/workloadIdentityPools/jit-pool/providers/jit-endpoint'

describe.skipIf(!hasOpenssl)('a target in four clouds, under their production names', () => {
  let world: CloudWorld
  let alice: PersonHome
  let homes = 0

  beforeAll(async () => {
    world = await startCloudWorld()
    alice = world.person('alice')
    await alice.logIn()
    await stock(world, alice)
  })
  afterAll(() => world.close())

  /** A home of its own, with an access of Alice's in each cloud and the files that came of it. */
  function stockedHome() {
    const person = world.machine(alice, `home-${homes++}`)
    copyStock(alice, person)
    const before = hashesOf(person.home, 'strict')
    return { person, changed: () => changes(before, hashesOf(person.home, 'strict')) }
  }
  const elevate = (person: PersonHome, target: string, ...more: string[]) =>
    person.jit('elevate', target, '--for', '30m', '--reason', 'slow query', ...more)
  const statusOf = async (person: PersonHome) => JSON.parse((await person.jit('status', '--json')).stdout)

  /** What the log says of the one grant of `person`'s last request. */
  async function leaves(): Promise<readonly { readonly kind: string; readonly grant?: string }[]> {
    const { stdout } = await runEndpoint(['audit', 'export', '--config', world.endpoint.config])
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).body)
  }

  test('one elevate makes an entry in each, status says where the secrets lie and until when each cloud takes them, revoke takes all away', async () => {
    const { person, changed } = stockedHome()
    expect(await elevate(person, 'everything')).toMatchObject({ code: 0 })
    expect(changed().toSorted()).toEqual([
      '.aws/credentials has changed',
      '.azure/azureProfile.json has changed',
      '.azure/msal_token_cache.json has changed',
      '.azure/service_principal_entries.json has changed',
      '.config/gcloud/configurations/config_jit-everything is new',
      '.kube/config has changed',
    ])

    const { grants } = await statusOf(person)
    const [{ endsAt, entries }] = grants
    expect(entries.map(({ cloud }: { cloud: string }) => cloud)).toEqual(CLOUDS)
    const minutes = (at: string): number => Math.round((Date.parse(at) - Date.now()) / 60_000)
    expect(minutes(endsAt)).toBe(30)
    const until = Object.fromEntries(
      entries.map((entry: { cloud: string; cloudTakesItUntil: string }) => [
        entry.cloud,
        minutes(entry.cloudTakesItUntil),
      ]),
    )
    expect(until).toMatchObject({ aws: 30, gcp: 30, kubernetes: 15 }) // a cluster's in slices
    expect(until['azure']).toBeGreaterThanOrEqual(59) // Entra's own decision
    const places: readonly (readonly string[])[] = entries.map(
      (entry: { secretPlaces: string[] }) => entry.secretPlaces,
    )
    expect(places.map((each) => each.map((place) => path.basename(place)))).toEqual([
      ['credentials'],
      ['gcp-jit-everything.access-token', 'gcp-jit-everything.subject-token'],
      ['msal_token_cache.json', 'msal_token_cache.json'], // among his own, and for exec and env
      ['kubernetes-token.json'],
    ])
    for (const place of places.flat()) expect([place, existsSync(place)]).toEqual([place, true])

    const child = await person.jit('exec', 'everything', '--', 'sh', '-c', 'echo "$KUBECONFIG $AZURE_CONFIG_DIR"')
    expect(child.stdout).toMatch(/^\S+\/grants\/\S+\/kubeconfig \S+\/grants\/\S+\/azure\n$/) // not his own cluster, nor subscription

    expect(await person.jit('revoke', 'everything')).toMatchObject({ code: 0 })
    expect(changed()).toEqual([])
    expect((await statusOf(person)).grants).toEqual([])
    expect(runtimeFiles(person)).toEqual([])
  })

  test.each([
    [
      'Entra, at the endpoint',
      () => world.azure.removeFederatedCredential(clientOf(0), 'jit-everything'),
      () =>
        world.azure.addFederatedCredential(clientOf(0), {
          name: 'jit-everything',
          issuer: world.endpoint.url,
          subject: 'jit:everything',
          audiences: ['api://AzureADTokenExchange'],
        }),
    ],
    [
      'Google, at this machine',
      () => world.gcp.setState(PROVIDER, 'disabled'),
      () => world.gcp.setState(PROVIDER, 'active'),
    ],
  ])('where %s, refuses, nothing is left anywhere and the grant is ended', async (_who, refuse, relent) => {
    const { person, changed } = stockedHome()
    refuse()
    const { code, stderr } = await elevate(person, 'everything').finally(relent)
    expect([code, stderr]).toEqual([7, expect.stringMatching(/Entra|Google/)])
    expect(changed()).toEqual([])
    expect(runtimeFiles(person)).toEqual([])
    expect((await statusOf(person)).grants).toEqual([])

    const log = await leaves()
    const { grant } = log.findLast(({ kind }) => kind === 'grant.issued' || kind === 'grant.refused') ?? {}
    expect(log.filter((leaf) => leaf.grant === grant).map(({ kind }) => kind)).toContain('grant.ended')
    expect(await elevate(person, 'everything')).toMatchObject({ code: 0 }) // the next one is not in its way
    expect(await person.jit('revoke', '--all')).toMatchObject({ code: 0 })
    expect(changed()).toEqual([])
  })

  test('jit extend puts all of them in place of the old ones: no file is ever without a working entry, and one lease is left', async () => {
    const { person, changed } = stockedHome()
    expect(await elevate(person, 'everything', '--as-default')).toMatchObject({ code: 0 })
    const [old] = (await statusOf(person)).grants
    const text = (file: string): string => readFileSync(path.join(person.home, file), 'utf8')
    const token = (): boolean => {
      const named = (): string =>
        /access_token_file = (.*)/.exec(text('.config/gcloud/configurations/config_jit-everything'))?.[1] ?? ''
      const before = named()
      return existsSync(before) || (named() !== before && existsSync(named())) // another one since
    }
    const isThere = {
      aws: () => /^\[jit-everything\]\naws_access_key_id/m.test(text('.aws/credentials')),
      gcp: token,
      azure: () =>
        [text('.azure/azureProfile.json'), text('.azure/service_principal_entries.json')].every((each) =>
          each.includes(clientOf(0)),
        ),
      azureToken: () => text('.azure/msal_token_cache.json').includes(clientOf(0)),
      kubernetes: () => /current-context: "jit-everything"/.test(text('.kube/config')),
    }
    const gaps = new Set<string>()
    const state = { isOver: false }
    const running = person.jit('extend', 'everything', '--for', '1h', '--json').finally(() => (state.isOver = true))
    const helpers = [['credential-process'], ['gcp-credential'], ['kube-credential']].map(async ([helper = '']) => {
      while (!state.isOver) {
        const { code, stdout, stderr } = await person.jit(helper, 'everything')
        if (code !== 0 || stdout.includes('"success":false')) gaps.add(`${helper}: ${stderr}${stdout}`)
      }
    })
    while (!state.isOver) {
      for (const [what, check] of Object.entries(isThere)) if (!check()) gaps.add(what)
      await nextTurn()
    }
    await Promise.all(helpers)
    expect(await running).toMatchObject({ code: 0 })
    expect([...gaps]).toEqual([])
    const { grants } = await statusOf(person)
    expect(grants).toHaveLength(1)
    expect(grants[0].grant).not.toBe(old.grant)
    expect(
      grants[0].entries.map(({ cloud, asDefault }: { cloud: string; asDefault: boolean }) => [cloud, asDefault]),
    ).toEqual(CLOUDS.map((cloud) => [cloud, true]))
    expect(Date.parse(grants[0].endsAt) - Date.parse(old.endsAt)).toBeGreaterThan(3_590_000)
    expect((await leaves()).filter(({ grant }) => grant === old.grant).map(({ kind }) => kind)).toContain('grant.ended')
    expect(await person.jit('revoke', 'everything')).toMatchObject({ code: 0 })
    expect([changed(), runtimeFiles(person)]).toEqual([[], []])
  })

  test('policy that demands the mode process: AWS, Google and the cluster have nothing on the disk that reads as a secret', async () => {
    const { person, changed } = stockedHome()
    expect(await elevate(person, 'sealed')).toMatchObject({ code: 0 })
    const [{ deliver, entries }] = (await statusOf(person)).grants
    expect(deliver).toBe('process')
    const places = new Map<string, readonly string[]>(
      entries.map((entry: { cloud: string; secretPlaces: string[] }) => [entry.cloud, entry.secretPlaces]),
    )
    for (const cloud of ['aws', 'gcp', 'kubernetes'])
      expect(places.get(cloud)).toEqual(places.get(cloud)?.filter((place) => place.endsWith(' (encrypted)')))
    const plain = runtimeFiles(person).filter((file) => /ASIA|ya29|eyJ/.test(readFileSync(file, 'latin1')))
    expect(plain.map((file) => path.basename(file))).toEqual(['msal_token_cache.json']) // az asks no program
    expect(changed().toSorted()).toEqual(['.aws/config has changed', '.kube/config has changed'])
    expect(await person.jit('revoke', 'sealed')).toMatchObject({ code: 0 })
    expect([changed(), runtimeFiles(person)]).toEqual([[], []])
  })

  test('policy that demands the mode isolated: no file of the user’s is touched, and what is asked for otherwise is refused', async () => {
    const { person, changed } = stockedHome()
    expect(await elevate(person, 'apart')).toMatchObject({ code: 0 })
    expect((await statusOf(person)).grants).toMatchObject([{ deliver: 'isolated' }])
    expect(changed()).toEqual([])
    expect(runtimeFiles(person)).not.toEqual([])
    const { stdout } = await person.jit('env', 'apart', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      AWS_SHARED_CREDENTIALS_FILE: expect.any(String),
      CLOUDSDK_CONFIG: expect.any(String),
      AZURE_CONFIG_DIR: expect.any(String),
      KUBECONFIG: expect.any(String),
    })
    expect(await person.jit('revoke', 'apart')).toMatchObject({ code: 0 })
    expect([changed(), runtimeFiles(person)]).toEqual([[], []])
    expect(await elevate(person, 'apart', '--deliver', 'files')).not.toMatchObject({ code: 0 })
    expect([changed(), runtimeFiles(person)]).toEqual([[], []])
  })
})

/** Files of grants, below the runtime directory. */
function runtimeFiles({ home }: PersonHome): readonly string[] {
  const grants = path.join(home, '.run/jit/grants')
  if (!existsSync(grants)) return []
  const entries = readdirSync(grants, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
}
