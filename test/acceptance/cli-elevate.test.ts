import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { list, object, string } from '../../src/contract/narrow.ts'
import { eventually } from '../support/eventually.ts'
import type { PersonHome } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

const USERS_OWN = '[default]\r\naws_access_key_id = AKIAUSER\r\naws_secret_access_key = mine\r\n# a comment'

let world: World
let alice: PersonHome
let bob: PersonHome

beforeAll(async () => {
  world = await startWorld()
  ;[alice, bob] = await Promise.all([world.loggedIn('alice'), world.loggedIn('bob')])
})
afterAll(() => world.close())

/** A fresh start for Alice: nothing granted, the user's own file as it was. */
function cleanMachine(): void {
  alice.writeCredentials(USERS_OWN)
  onTestFinished(async () => {
    await alice.jit('revoke', '--all')
    expect(alice.credentials()).toBe(USERS_OWN)
  })
}

const requestIn = /\(request (r_\w{26})\)/
const readGrants = object({
  grants: list(
    object({
      grant: string,
      target: string,
      entries: list(object({ profile: string, cloudTakesItUntil: string })),
      endsAt: string,
    }),
  ),
})
const grantsOf = async () => readGrants(JSON.parse((await alice.jit('status', '--json')).stdout), 'status').grants

describe('from a command to credentials in the file, and back', () => {
  test('approved by policy: delivered, usable, served, revoked, and the file is as it was, byte for byte', async () => {
    cleanMachine()
    const elevated = await alice.jit('elevate', 'staging-db', '--for', '20m', '--reason', 'look', '--json')
    expect(elevated.code).toBe(0)
    const { grants } = readGrants(JSON.parse(elevated.stdout), 'elevate')
    expect(grants).toMatchObject([{ target: 'staging-db', entries: [{ profile: 'jit-staging-db' }] }])
    expect(alice.credentials()?.startsWith(USERS_OWN)).toBe(true)
    expect(alice.credentials()).toContain('[jit-staging-db]')
    expect(await grantsOf()).toMatchObject(grants)

    const served = JSON.parse((await alice.jit('credential-process', 'staging-db')).stdout)
    expect(served).toMatchObject({ Version: 1 })
    // By the boot clock, which the lease has in whole seconds: never later than the cloud, and by a second at most earlier.
    const early = Date.parse(grants[0]?.entries[0]?.cloudTakesItUntil ?? '') - Date.parse(served.Expiration)
    expect(early).toBeGreaterThanOrEqual(0)
    expect(early).toBeLessThanOrEqual(1000)
    expect(alice.credentials()).toContain(served.SecretAccessKey)

    expect(await alice.jit('revoke', 'staging-db')).toMatchObject({ code: 0, stdout: '' })
    expect(alice.credentials()).toBe(USERS_OWN)
    expect(await grantsOf()).toEqual([])
  })

  test('approved by a person: the one who waits sees who can, and both see the same words', async () => {
    cleanMachine()
    const waiting = alice.start('elevate', 'prod-db', '--for', '20m', '--reason', 'slow query')
    const [, id = ''] = await waiting.says(requestIn)
    const [, words = ''] = await waiting.says(/Words to compare: (\S+)/)
    expect(waiting.stderr()).toContain('Can approve: dba')
    const review = await bob.jit('requests', '--to-review')
    expect(review.stdout).toMatch(new RegExp(`${id} .*slow query +${words}`))
    expect((await bob.jit('approve', id)).code).toBe(0)
    const { code, stderr } = await waiting.done
    expect([code, stderr]).toEqual([0, expect.stringContaining('Approved by Bob Brown.')])
    expect(stderr).toContain('aws --profile jit-prod-db')
  })

  test('several targets come together or not at all', async () => {
    cleanMachine()
    const waiting = alice.start('elevate', 'staging-db', 'prod-db', '--for', '20m', '--reason', 'both')
    const [, id = ''] = await waiting.says(requestIn)
    expect(alice.credentials()).toBe(USERS_OWN)
    await bob.jit('deny', id, '--reason', 'use the replica')
    expect(await waiting.done).toMatchObject({ code: 3, stderr: expect.stringContaining('use the replica') })
    expect(alice.credentials()).toBe(USERS_OWN)
  })

  test('again while it is active: the new grant takes the place of the old', async () => {
    cleanMachine()
    await alice.jit('elevate', 'staging-db', '--for', '20m', '--reason', 'one')
    const before = alice.credentials()
    const again = await alice.jit('elevate', 'staging-db', '--for', '30m', '--reason', 'two')
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('staging-db is already yours until')])
    expect(alice.credentials()).not.toBe(before)
    expect(alice.credentials()?.match(/\[jit-staging-db\]/g)).toHaveLength(1)
    expect(await grantsOf()).toHaveLength(1)
  })
})

describe('waiting', () => {
  test('--no-wait leaves the request; coming back delivers it', async () => {
    cleanMachine()
    const asked = await alice.jit('elevate', 'prod-db', '--reason', 'later', '--no-wait', '--json')
    expect(asked.code).toBe(5)
    const { request } = object({ request: string })(JSON.parse(asked.stdout), 'asked')
    expect((await alice.jit('status')).stdout).toContain(request)
    expect((await alice.jit('elevate', '--request', request, '--no-wait')).code).toBe(5)
    await bob.jit('approve', request)
    expect((await alice.jit('elevate', '--request', request)).code).toBe(0)
    expect((await alice.jit('status')).stdout).not.toContain(request)
  })

  test('Ctrl-C leaves the request open; the same command comes back to it', async () => {
    cleanMachine()
    const argv = ['elevate', 'prod-db', '--reason', 'interrupted'] as const
    const waiting = alice.start(...argv)
    const [, id = ''] = await waiting.says(requestIn)
    waiting.kill('SIGINT')
    const { code, stderr } = await waiting.done
    expect([code, stderr]).toEqual([130, expect.stringContaining(`jit elevate --request ${id}`)])
    expect(stderr).toContain(`jit cancel ${id}`)

    const again = alice.start(...argv)
    expect((await again.says(requestIn))[1]).toBe(id)
    expect(again.stderr()).toContain('Coming back to the request')
    await bob.jit('approve', id)
    expect((await again.done).code).toBe(0)
  })

  test('survives a restart of the endpoint', async () => {
    cleanMachine()
    const waiting = alice.start('elevate', 'prod-db', '--reason', 'restart')
    const [, id = ''] = await waiting.says(requestIn)
    await world.endpoint.stop('SIGKILL')
    await waiting.says(/Still trying/)
    await world.endpoint.start()
    await bob.jit('approve', id)
    expect((await waiting.done).code).toBe(0)
  })

  test('a cancelled request is no decision', async () => {
    cleanMachine()
    const waiting = alice.start('elevate', 'prod-db', '--reason', 'cancelled')
    const [, id = ''] = await waiting.says(requestIn)
    expect((await alice.jit('cancel', id)).code).toBe(0)
    expect(await waiting.done).toMatchObject({ code: 5, stderr: expect.stringContaining('was cancelled') })
  })
})

describe('bad input', () => {
  test.each<[string, string[], number, RegExp]>([
    ['unknown target', ['elevate', 'stagin-db', '--reason', 'x'], 9, /Did you mean staging-db\?/],
    ['too long', ['elevate', 'prod-db', '--for', '5h', '--reason', 'x'], 2, /4h at most\.\n.*--for 4h/],
    ['unknown request', ['approve', 'r_00000000000000000000000000'], 9, /\n {5}\S/],
    ['nothing to come back to', ['elevate', '--request', 'r_00000000000000000000000000'], 9, /\n {5}\S/],
    ['no ID to come back to', ['elevate', '--request', ''], 2, /--request is empty/],
  ])('%s: nothing written', async (_name, argv, code, said) => {
    cleanMachine()
    const ended = await alice.jit(...argv)
    expect(ended.stderr).toMatch(said)
    expect([ended.code, ended.stdout]).toEqual([code, ''])
  })

  test.each([
    ['a profile of that name', '[jit-staging-db]\naws_access_key_id = AKIAMINE\n', 'jit-staging-db'],
    ['a file that aws could not parse', 'no section = x\n', 'line 1'],
  ])('%s is refused before anyone is asked', async (_name, text, said) => {
    alice.writeCredentials(text)
    onTestFinished(() => alice.writeCredentials(USERS_OWN))
    const before = (await alice.jit('requests', '--json')).stdout
    const ended = await alice.jit('elevate', 'staging-db', '--reason', 'x')
    expect([ended.code, ended.stderr]).toEqual([8, expect.stringContaining(said)])
    expect(alice.credentials()).toBe(text)
    expect((await alice.jit('requests', '--json')).stdout).toBe(before)
  })

  test('keys in the environment that would win are pointed out', async () => {
    const shell = world.person('carol', { AWS_ACCESS_KEY_ID: 'AKIAOTHER' })
    await shell.logIn()
    const { stderr } = await shell.jit('elevate', 'staging-db', '--reason', 'x')
    expect(stderr).toContain('AWS_ACCESS_KEY_ID is set in this shell and wins over AWS_PROFILE')
    await shell.jit('revoke', '--all')
  })
})

describe('offline', () => {
  test('revoke wipes, says what still works until when, and the endpoint is told by the next command online', async () => {
    cleanMachine()
    await alice.jit('elevate', 'staging-db', '--for', '20m', '--reason', 'offline')
    const [granted] = await grantsOf()
    await world.endpoint.stop()
    const ended = await alice.jit('revoke', 'staging-db')
    expect([ended.code, ended.stderr]).toEqual([6, expect.stringContaining('someone made one, works until')])
    expect(alice.credentials()).toBe(USERS_OWN)
    expect((await alice.jit('status', '--json')).stdout).toContain('"unconfirmed":[{"grant"')
    await world.endpoint.start()
    expect((await alice.jit('sweep')).code).toBe(0) // or the sweep that `status` has started in the background, whichever is first
    const told = async () => (await alice.jit('status', '--json')).stdout.includes('"unconfirmed":[]')
    expect(await eventually(told, true)).toBe(true)
    expect(world.endpoint.log()).toContain(`/v1/grants/${granted?.grant}/end`)
    expect(granted?.target).toBe('staging-db')
  })
})

test('no secret in what jit keeps or says', async () => {
  cleanMachine()
  const said = await alice.jit('elevate', 'staging-db', '--reason', 'canary', '--json')
  const { SecretAccessKey, SessionToken } = JSON.parse((await alice.jit('credential-process', 'staging-db')).stdout)
  const spoken = [said, await alice.jit('status', '--json'), await alice.jit('revoke', '--all', '--json')]
  const kept = readdirSync(join(alice.home, '.local/state'), { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => readFileSync(join(each.parentPath, each.name), 'utf8'))
  for (const text of [...spoken.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...kept])
    for (const secret of [SecretAccessKey, SessionToken]) expect(text).not.toContain(secret)
})
