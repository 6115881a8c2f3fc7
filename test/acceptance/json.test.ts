import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { record } from '../../src/contract/narrow.ts'
import type { PersonHome } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let alice: PersonHome
let bob: PersonHome

beforeAll(async () => {
  world = await startWorld()
  ;[alice, bob] = await Promise.all([world.loggedIn('alice'), world.loggedIn('bob')])
})
afterAll(() => world.close())

/** Names of the members, those of the first element of a list in brackets. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])]
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shape(member)]))
}

/** stdout is one line of JSON. */
async function printed(person: PersonHome, ...args: string[]): Promise<unknown> {
  const { stdout } = await person.jit(...args, '--json')
  expect(stdout.split('\n')).toEqual([expect.stringMatching(/^[[{]/), ''])
  return JSON.parse(stdout)
}

const S = 'string'
const N = 'number'
const PERSON = { issuer: S, subject: S, name: S, email: S }
const REQUEST = {
  id: S,
  state: S,
  requester: PERSON,
  targets: [S],
  durationSeconds: N,
  reason: S,
  createdAt: S,
  expiresAt: S,
  fingerprint: S,
  origin: { host: S, address: S },
  grants: [],
}

describe('with --json every command prints one document of a stable shape', () => {
  test('whoami, targets, status, sweep, logout', async () => {
    expect(shape(await printed(alice, 'whoami'))).toEqual({ endpoint: S, person: PERSON, groups: [S], flow: S })
    expect(shape(await printed(alice, 'targets'))).toEqual([
      {
        name: S,
        description: S,
        access: [{ cloud: S, account: S, role: S, region: S, profile: S }],
        maxDurationSeconds: N,
        approval: expect.objectContaining({ kind: S }),
      },
    ])
    expect(shape(await printed(alice, 'ls'))).toEqual(shape(await printed(alice, 'targets')))
    expect(shape(await printed(alice, 'status'))).toEqual({
      grants: [],
      requests: [],
      ended: [],
      unconfirmed: [],
      receipts: [],
      unreadable: [],
    })
    expect(shape(await printed(alice, 'sweep'))).toEqual({ wiped: [], unreadable: [], confirmed: N, queued: N })
    const machine = world.machine(alice, 'leaving')
    expect(shape(await printed(machine, 'logout'))).toEqual({ wasLoggedIn: 'boolean', atIdp: S })
    expect((await alice.logIn()).code).toBe(0) // that was the same login at the IdP
  })

  test('elevate, status, revoke', async () => {
    const B = 'boolean'
    const entry = {
      cloud: S,
      profile: S,
      role: S,
      deliver: S,
      asDefault: B,
      cloudTakesItUntil: S,
      secretPlaces: [S],
    }
    const grant = { grant: S, target: S, endsAt: S, places: [S] }
    const asked = ['elevate', 'staging-db', '--for', '20m', '--reason', 'x']
    expect(shape(await printed(alice, ...asked, '--explain'))).toMatchObject({
      targets: [{ target: S, policies: [S] }],
    })
    expect(shape(await printed(alice, ...asked))).toEqual({
      request: S,
      grants: [{ ...grant, entries: [{ ...entry, environment: { AWS_PROFILE: S } }] }],
    })
    const { grants } = record(await printed(alice, 'status'), 'status')
    expect(shape(grants)).toEqual([{ ...grant, entries: [entry], state: S, deliver: S, endpoint: S, secondsLeft: N }])
    expect(shape(await printed(alice, 'revoke', '--all'))).toEqual([
      {
        grant: S,
        target: S,
        wiped: B,
        confirmed: B,
        queued: B,
        entries: [{ cloud: S, profile: S, cloudTakesItUntil: S }],
      },
    ])
  })

  test('elevate --no-wait, requests, approve, deny, cancel', async () => {
    const ask = async (): Promise<string> => {
      const asked = record(await printed(alice, 'elevate', 'prod-db', '--reason', 'x', '--no-wait'), 'asked')
      expect(shape(asked)).toEqual({ request: S, state: S, fingerprint: S, grants: [] })
      await alice.jit('status')
      return String(asked['request'])
    }
    const first = await ask()
    const reviewed = shape(await printed(bob, 'requests', '--to-review'))
    expect(reviewed).toMatchObject([REQUEST])
    expect(shape(await printed(alice, 'requests'))).toMatchObject([REQUEST])
    expect(shape(await printed(alice, 'requests', first))).toMatchObject(REQUEST)
    expect(shape(await printed(alice, 'status'))).toMatchObject({ requests: [{ id: S, askedAt: S, opensUntil: S }] })
    const { grants: _, ...rest } = REQUEST
    expect(shape(await printed(bob, 'approve', first))).toMatchObject({ ...rest, grants: [{ id: S, state: S }] })
    expect((await alice.jit('elevate', '--request', first)).code).toBe(0)
    expect(shape(await printed(bob, 'deny', await ask(), '--reason', 'no'))).toMatchObject(REQUEST)
    expect(shape(await printed(alice, 'cancel', await ask()))).toMatchObject(REQUEST)
    await alice.jit('revoke', '--all')
  })

  test('login', async () => {
    const login = alice.start('login', '--device', '--json')
    const [, url = ''] = await login.says(/(http:\/\/127\.0\.0\.1:\d+\/device\S*user_code=\S+)/)
    const { approveInBrowser } = await import('../support/browser-robot.ts')
    await approveInBrowser(url, 'alice')
    const { stdout } = await login.done
    expect(shape(JSON.parse(stdout))).toEqual({ endpoint: S, keyStore: S, person: PERSON, groups: [S], flow: S })
  })
})

describe('with --json an error is the last line of stderr, and stdout is empty', () => {
  test.each<[string, string[]]>([
    ['NOT_FOUND', ['elevate', 'nowhere', '--reason', 'x']],
    ['NOT_FOUND', ['approve', 'r_00000000000000000000000000']],
    ['NOT_FOUND', ['deny', 'r_00000000000000000000000000', '--reason', 'x']],
    ['NOT_FOUND', ['cancel', 'r_00000000000000000000000000']],
    ['NOT_FOUND', ['revoke', 'nowhere']],
    ['USAGE', ['elevate', 'staging-db', '--for', 'soon', '--reason', 'x']],
    ['USAGE', ['requests', '--to-revue']],
    ['USAGE', ['login', 'http://jit.corp.example']],
  ])('%s: %j', async (code, argv) => {
    const ended = await alice.jit(...argv, '--json')
    expect(ended.stdout).toBe('')
    expect(JSON.parse(ended.stderr.trim().split('\n').at(-1) ?? '')).toEqual({
      error: { code, message: expect.stringMatching(/\S/), hint: expect.stringMatching(/\S/) },
    })
  })
})
