import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { list, object, string } from '../../src/contract/narrow.ts'
import type { PersonHome } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

/** The one in PATH (v1 where pip brought it), and Debian's v2 beside it, which listens to `--endpoint-url` alone. */
const CLIENTS = ['aws', '/usr/bin/aws'].filter((program) => spawnSync(program, ['--version']).status === 0)

let world: World
let alice: PersonHome

beforeAll(async () => {
  world = await startWorld()
  alice = await world.loggedIn('alice')
})
afterAll(() => world.close())

const elevate = (person: PersonHome, duration: string) =>
  person.jit('elevate', 'staging-db', '--for', duration, '--reason', 'x', '--json')
const aws = (client: string, ...args: string[]) =>
  alice.run(client, '--endpoint-url', world.aws.url, '--profile', 'jit-staging-db', '--output', 'json', ...args)
const read = (client: string) => aws(client, 's3', 'cp', 's3://orders/today.csv', '-')

describe.skipIf(CLIENTS.length === 0)('the real aws on the profile that jit elevate wrote', () => {
  test('works while the grant lasts, is refused by the cloud after 2 minutes, and finds nothing after revoke', async () => {
    alice.writeCredentials('[default]\r\naws_access_key_id = AKIAUSER\r\naws_secret_access_key = mine')
    expect((await elevate(alice, '2m')).code).toBe(0)
    await Promise.all(
      CLIENTS.map(async (client) => {
        expect(await read(client)).toMatchObject({ code: 0, stdout: 'id,total\n1,42\n' })
        const caller = JSON.parse((await aws(client, 'sts', 'get-caller-identity')).stdout)
        expect(caller.Arn).toContain(':assumed-role/jit-staging-db/')
        const own = await alice.run(client, 'configure', 'get', 'aws_access_key_id', '--profile', 'default')
        expect(own.stdout.trim()).toBe('AKIAUSER')
      }),
    )
    const [asked] = assumed().slice(-1)
    expect(Number(asked?.parameters['DurationSeconds'])).toBe(900) // STS gives no less: the fence ends it

    world.aws.clock.advance(121)
    onTestFinished(() => world.aws.clock.advance(-121))
    await Promise.all(
      CLIENTS.map(async (client) => {
        const denied = await read(client)
        expect([denied.code === 0, denied.stdout]).toEqual([false, ''])
        expect(denied.stderr).toMatch(/\(403\)|AccessDenied/)
        expect((await aws(client, 'sts', 'get-caller-identity')).code).toBe(0) // the session itself goes on
      }),
    )
    expect(world.aws.requests.at(-1)?.outcome).toBe('ok')
    expect(world.aws.requests.some(({ service, outcome }) => service === 's3' && outcome !== 'ok')).toBe(true)

    await alice.jit('revoke', '--all')
    for (const client of CLIENTS) expect((await read(client)).stderr).toMatch(/profile.*jit-staging-db/i)
  })
})

test('each grant has a session name of its own, which names the person and the grant', async () => {
  const before = assumed().length
  const readGrant = object({ grants: list(object({ grant: string })) })
  const grants: string[] = []
  for (let round = 0; round < 2; round++) {
    const { stdout } = await elevate(alice, '20m')
    grants.push(...readGrant(JSON.parse(stdout), 'elevate').grants.map(({ grant }) => grant))
  }
  const names = assumed()
    .slice(before)
    .map(({ parameters }) => parameters['RoleSessionName'])
  expect(names).toEqual(grants.map((grant) => `alice@corp.example-${grant}`))
  expect(new Set(names).size).toBe(2)
})

const assumed = () =>
  world.aws.requests.filter(({ action, outcome }) => action === 'AssumeRoleWithWebIdentity' && outcome === 'ok')
