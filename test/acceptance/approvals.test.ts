import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { list, object, string } from '../../src/contract/narrow.ts'
import type { PersonHome } from '../support/person.ts'
import { startWorld, TARGETS, type World } from '../support/world.ts'

/** Production takes two of its administrators; nobody may have the vault; Carol is developer and administrator. */
const POLICY = `
@id("developers-ask")
permit(principal in Group::"dev", action == Action::"request", resource);

@id("two-for-production")
@quorum("2")
permit(principal in Group::"dev", action == Action::"request", resource == Target::"prod-db");

@id("staging-at-once")
permit(principal in Group::"dev", action == Action::"autoApprove", resource)
when { [Target::"staging-db", Target::"logs"].contains(resource) };

@id("dba-approves")
permit(principal in Group::"dba", action == Action::"approve", resource);

@id("vault-is-closed")
@why("The vault is closed until Monday.")
forbid(principal, action == Action::"request", resource == Target::"vault");
`
const more = (name: string) => ({ name, description: name, maxDuration: '1h', labels: [] })
const PEOPLE = ['alice', 'bob', 'carol', 'erin'] as const
const OWN = '[default]\naws_access_key_id = AKIAUSER\naws_secret_access_key = mine\n'

let world: World
let alice: PersonHome
let bob: PersonHome
let carol: PersonHome
let erin: PersonHome

beforeAll(async () => {
  const person = (name: string, groups: string[]) => ({ name, email: `${name}@corp.example`, groups, amr: ['mfa'] })
  world = await startWorld({
    policy: POLICY,
    targets: [...TARGETS, more('logs'), more('vault')],
    idp: {
      users: {
        alice: person('alice', ['dev']),
        bob: person('bob', ['dba']),
        carol: person('carol', ['dba', 'dev']),
        erin: person('erin', ['dba']),
      },
    },
  })
  const homes = PEOPLE.map((name) => world.person(name))
  for (const { code, stderr } of await Promise.all(homes.map((home) => home.logIn())))
    if (code !== 0) throw new Error(stderr)
  ;[alice, bob, carol, erin] = homes as [PersonHome, PersonHome, PersonHome, PersonHome]
})
afterAll(() => world.close())

async function waiting(person: PersonHome, ...targets: string[]) {
  person.writeCredentials(OWN)
  onTestFinished(async () => {
    await person.jit('revoke', '--all')
    expect(person.credentials()).toBe(OWN)
  })
  const running = person.start('elevate', ...targets, '--for', '20m', '--reason', 'slow query')
  const [, id = ''] = await running.says(/\(request (r_\w{26})\)/)
  return { running, id }
}
const readRequests = list(object({ id: string, state: string, grants: list(object({ state: string })) }))
const mine = async (person: PersonHome, id: string) => {
  const { stdout } = await person.jit('requests', '--json')
  return readRequests(JSON.parse(stdout), 'requests').find((each) => each.id === id)
}

test('a quorum of two takes two different people, and never the one who asked', async () => {
  const { running, id } = await waiting(carol, 'prod-db')
  const own = await carol.jit('approve', id)
  expect([own.code, own.stderr]).toEqual([3, expect.stringMatching(/own request.*\n {5}\S/)])
  expect((await bob.jit('approve', id)).code).toBe(0)
  await bob.jit('approve', id) // counts once, however often
  expect(await mine(carol, id)).toMatchObject({ state: 'pending' })
  expect(carol.credentials()).toBe(OWN)
  expect((await erin.jit('approve', id)).code).toBe(0)
  const { code, stderr } = await running.done
  expect([code, stderr]).toEqual([0, expect.stringMatching(/Approved by bob, erin|Approved by erin, bob/)])
})

test('who may not approve does not even see the request', async () => {
  const { running, id } = await waiting(carol, 'prod-db')
  expect((await alice.jit('requests', '--to-review', '--json')).stdout).toBe('[]\n')
  expect((await alice.jit('approve', id)).code).toBe(9)
  expect((await alice.jit('deny', id, '--reason', 'x')).code).toBe(9)
  expect((await alice.jit('cancel', id)).code).toBe(9)
  running.kill('SIGINT')
  await running.done
  expect((await carol.jit('cancel', id)).code).toBe(0)
})

test('a denial ends the waiting with 3 and the words of who denied, also after a first approval', async () => {
  const { running, id } = await waiting(alice, 'prod-db')
  await bob.jit('approve', id)
  expect((await erin.jit('deny', id, '--reason', 'take the replica, please')).code).toBe(0)
  const { code, stderr } = await running.done
  expect([code, stderr]).toEqual([3, expect.stringContaining('erin denied')])
  expect(stderr).toContain('take the replica, please')
  const late = await bob.jit('approve', id)
  expect([late.code === 0, late.stderr]).toEqual([false, expect.stringMatching(/denied.*\n {5}See/)])
})

test('a cancelled request ends the waiting with 5, and cannot be approved any more', async () => {
  const { running, id } = await waiting(alice, 'prod-db')
  expect((await alice.jit('cancel', id)).code).toBe(0)
  expect(await running.done).toMatchObject({ code: 5, stderr: expect.stringContaining('was cancelled') })
  expect((await bob.jit('approve', id)).code).not.toBe(0)
  expect(await mine(alice, id)).toMatchObject({ state: 'cancelled', grants: [] })
})

test('a request that policy forbids is refused at once, with the words of the policy', async () => {
  for (const duration of [[], ['--for', '20m'], ['--for', '5h']]) {
    const { code, stderr } = await alice.jit('elevate', 'vault', '--reason', 'x', ...duration)
    expect([code, stderr]).toEqual([3, expect.stringContaining('The vault is closed until Monday.')])
  }
})

describe('several targets', () => {
  test('one refused by policy: nothing is asked, nothing given', async () => {
    alice.writeCredentials(OWN)
    const before = (await alice.jit('requests', '--json')).stdout
    const { code, stderr } = await alice.jit('elevate', 'staging-db', 'vault', '--reason', 'x')
    expect([code, stderr]).toEqual([3, expect.stringContaining('vault')])
    expect((await alice.jit('requests', '--json')).stdout).toBe(before)
    expect(alice.credentials()).toBe(OWN)
  })

  test('both given: a profile each, and one revoke ends one of them', async () => {
    alice.writeCredentials(OWN)
    expect((await alice.jit('elevate', 'staging-db', 'logs', '--for', '20m', '--reason', 'x')).code).toBe(0)
    expect(alice.credentials()).toContain('[jit-staging-db]')
    expect((await alice.jit('revoke', 'staging-db')).code).toBe(0)
    expect(alice.credentials()).not.toContain('[jit-staging-db]')
    expect(alice.credentials()).toContain('[jit-logs]')
    expect((await alice.jit('revoke', '--all')).code).toBe(0)
    expect(alice.credentials()).toBe(OWN)
  })

  test('one refused by the cloud: 7, nothing stays in the file, and all grants are ended', async () => {
    const closed = await startWorld({
      targets: [...TARGETS, { ...more('logs'), role: 'no-such-role' }],
      policy: POLICY.replace(/@id\("vault[^]*/, ''),
    })
    onTestFinished(() => closed.close())
    const anna = closed.person('alice')
    expect((await anna.logIn()).code).toBe(0)
    anna.writeCredentials(OWN)
    const { code, stdout, stderr } = await anna.jit('elevate', 'staging-db', 'logs', '--for', '20m', '--reason', 'x')
    expect([code, stdout, stderr]).toEqual([7, '', expect.stringMatching(/\n {5}\S/)])
    expect(anna.credentials()).toBe(OWN)
    const [request] = readRequests(JSON.parse((await anna.jit('requests', '--json')).stdout), 'requests')
    expect(request?.grants.map(({ state }) => state)).toEqual(['ended', 'ended'])
    expect(JSON.parse((await anna.jit('status', '--json')).stdout)).toEqual({
      grants: [],
      requests: [],
      unconfirmed: [],
      receipts: [],
      ended: [],
      unreadable: [],
    })
  })
})
