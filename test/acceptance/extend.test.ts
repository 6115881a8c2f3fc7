import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { list, object, string } from '../../src/contract/narrow.ts'
import { type Keys, signedCall } from '../support/aws-request.ts'
import { disk } from '../support/disk.ts'
import type { Ended } from '../support/launch.ts'
import type { PersonHome } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

const OWN = '[default]\naws_access_key_id = AKIAUSER\naws_secret_access_key = mine\n'
const MINUTE = 60_000

let world: World
let alice: PersonHome
let bob: PersonHome

beforeAll(async () => {
  world = await startWorld()
  ;[alice, bob] = [world.person('alice'), world.person('bob')]
  for (const { code, stderr } of await Promise.all([alice.logIn(), bob.logIn()]))
    if (code !== 0) throw new Error(stderr)
})
afterAll(() => world.close())

const readGrants = object({ grants: list(object({ grant: string, target: string, endsAt: string, deliver: string })) })
const held = async () => readGrants(JSON.parse((await alice.jit('status', '--json')).stdout), 'status').grants

const readRequests = list(
  object({ reason: string, grants: list(object({ id: string, state: string })) }, { ticket: string }),
)
const asked = async () => readRequests(JSON.parse((await alice.jit('requests', '--json')).stdout), 'requests')

function ok({ code, stderr }: Ended): void {
  expect([code, code === 0 ? '' : stderr]).toEqual([0, ''])
}

/** A grant of ten minutes, in a home that is as it was when the test is over. */
async function elevated(target: string, ...flags: string[]): Promise<string> {
  alice.writeCredentials(OWN)
  const before = disk(`${alice.home}/.aws`)
  onTestFinished(async () => {
    ok(await alice.jit('revoke', '--all'))
    expect(disk(`${alice.home}/.aws`)).toEqual(before)
  })
  const words = ['--for', '10m', '--reason', 'migration', '--ticket', 'T-1']
  const running = alice.start('elevate', target, ...words, ...flags)
  if (target === 'prod-db') await approved(await requestOf(running.says(/\(request (r_\w{26})\)/)))
  ok(await running.done)
  return (await held())[0]?.grant ?? ''
}
const requestOf = async (said: Promise<RegExpExecArray>): Promise<string> => (await said)[1] ?? ''
const approved = async (id: string): Promise<void> => ok(await bob.jit('approve', id))

/** What a client that reads the file all the time sees until `work` is done: each pair of keys, and reads without any. */
async function readMeanwhile(
  work: Promise<unknown>,
): Promise<{ readonly keys: readonly Keys[]; readonly gaps: number }> {
  const seen = new Map<string, Keys>()
  const state = { isOver: false }
  let gaps = 0
  void work.finally(() => (state.isOver = true))
  while (!state.isOver) {
    const keys = keysIn(alice.credentials() ?? '', 'jit-staging-db')
    if (keys === undefined) gaps += 1
    else seen.set(keys.accessKeyId, keys)
    await nextTurn()
  }
  return { keys: [...seen.values()], gaps }
}

function keysIn(text: string, profile: string): Keys | undefined {
  const section = new RegExp(`^\\[${profile}\\]\n((?:[^[#].*\n)+)`, 'm').exec(text)?.[1] ?? ''
  const value = (name: string): string => new RegExp(`^${name} *= *(\\S+)$`, 'm').exec(section)?.[1] ?? ''
  const keys = {
    accessKeyId: value('aws_access_key_id'),
    secretAccessKey: value('aws_secret_access_key'),
    sessionToken: value('aws_session_token'),
  }
  return Object.values(keys).includes('') ? undefined : keys
}

const works = async (keys: Keys): Promise<number> =>
  (await signedCall(world.aws.url, keys, { service: 's3', path: '/orders/today.csv' })).status

describe('jit extend', () => {
  test('a client that reads the file all the time never finds it without a working profile; one lease, the old grant ended', async () => {
    const old = await elevated('staging-db', '--as-default')
    const [before] = await held()
    const running = alice.jit('extend', 'staging-db', '--for', '30m')
    const { keys, gaps } = await readMeanwhile(running)
    ok(await running)
    expect((await running).stderr).toMatch(
      /Asking for 30m more, until[^]*staging-db is yours until \d\d:\d\d, 30m longer/,
    )
    expect(gaps).toBe(0)
    expect(keys).toHaveLength(2)
    expect(await Promise.all(keys.map(works))).toEqual([200, 200])

    const [after, ...more] = await held()
    expect([more, after?.grant === old]).toEqual([[], false])
    const longer = Date.parse(after?.endsAt ?? '') - Date.parse(before?.endsAt ?? '')
    expect(longer).toBeGreaterThanOrEqual(30 * MINUTE - 1000)
    expect(longer).toBeLessThan(31 * MINUTE)
    const [latest, first] = await asked()
    expect([latest?.reason, latest?.ticket]).toEqual(['migration', 'T-1'])
    expect(first?.grants).toEqual([{ id: old, state: 'ended' }])
    expect(latest?.grants).toEqual([{ id: after?.grant, state: 'active' }])
    expect(keysIn(alice.credentials() ?? '', 'default')).toEqual(keys[1])
  })

  test('clients that ask jit are answered throughout, from the encrypted file too', async () => {
    await elevated('staging-db', '--deliver', 'process')
    const running = alice.jit('extend', 'staging-db', '--for', '1h', '--json')
    const state = { isOver: false }
    void running.finally(() => (state.isOver = true))
    const answers: Ended[] = []
    while (!state.isOver)
      answers.push(...(await Promise.all([1, 2].map(() => alice.jit('credential-process', 'staging-db')))))
    for (const answer of answers) ok(answer)
    expect(answers.length).toBeGreaterThan(1)
    ok(await running)
    expect(JSON.parse((await running).stdout)).toMatchObject({ seamless: true, grants: [{ target: 'staging-db' }] })
    expect((await held()).map(({ deliver }) => deliver)).toEqual(['process'])
  })

  test('where people decide the grant stays until they have; undecided is 5, and the same command comes back', async () => {
    const old = await elevated('prod-db')
    const open = await alice.jit('extend', 'prod-db', '--for', '20m', '--no-wait')
    expect([open.code, open.stderr]).toEqual([
      5,
      expect.stringMatching(/prod-db stays as it is.*\n.*jit elevate --request r_/),
    ])
    expect((await held()).map(({ grant }) => grant)).toEqual([old])
    const again = alice.start('extend', 'prod-db', '--for', '20m')
    const id = await requestOf(again.says(/Coming back to the request for [^(]*\(request (r_\w{26})\)/))
    expect(open.stderr).toContain(id)
    expect((await held()).map(({ grant }) => grant)).toEqual([old])
    await approved(id)
    const { code, stderr } = await again.done
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/Approved by Bob Brown.*\n.*prod-db is yours until .*longer/),
    ])
    expect(await held()).toHaveLength(1)
    expect((await asked()).flatMap(({ grants }) => grants).find(({ id }) => id === old)?.state).toBe('ended')
  })

  test('a grant that is over before people decide: an ordinary elevation, and it says so', async () => {
    await elevated('prod-db')
    const running = alice.start('extend', 'prod-db', '--for', '20m')
    const id = await requestOf(running.says(/\(request (r_\w{26})\)/))
    ok(await alice.jit('revoke', 'prod-db'))
    await approved(id)
    const { code, stderr } = await running.done
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(
        /ended before the new one was there\. What comes now is a new grant\.\n[^]*prod-db is yours until/,
      ),
    ])
    expect(await held()).toHaveLength(1)
  })

  test('no longer than the target is given for; nothing is asked where that leaves nothing', async () => {
    alice.writeCredentials(OWN)
    onTestFinished(async () => void (await alice.jit('revoke', '--all')))
    ok(await alice.jit('elevate', 'staging-db', '--for', '8h', '--reason', 'migration'))
    const before = (await asked()).length
    const { code, stderr } = await alice.jit('extend', 'staging-db', '--for', '30m')
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/staging-db is given for 8h at most.*\n.*jit extend staging-db --for 30m/),
    ])
    expect(await asked()).toHaveLength(before)
  })
})
