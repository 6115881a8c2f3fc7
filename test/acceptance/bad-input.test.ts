import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { launch } from '../support/launch.ts'
import type { PersonHome } from '../support/person.ts'
import { runEndpoint } from '../support/run-endpoint.ts'
import { hasFaketime, wrongClock } from '../support/wrong-clock.ts'
import { refusal, refused } from '../support/refusal.ts'
import { startWorld, type World } from '../support/world.ts'

const USERS_OWN = '[default]\r\naws_access_key_id = AKIAUSER\r\naws_secret_access_key = mine\r\n# a comment'
const JIT = join(process.cwd(), 'bin/jit.js')

let world: World
let alice: PersonHome

beforeAll(async () => {
  world = await startWorld()
  alice = await world.loggedIn('alice')
})
afterAll(() => world.close())

let count = 0
const machine = (env?: Readonly<Record<string, string>>): PersonHome => {
  const made = world.machine(alice, `machine-${count++}`, env)
  made.writeCredentials(USERS_OWN)
  return made
}

const wish = ['elevate', 'staging-db', '--reason', 'x']

describe('what was typed', () => {
  test.each<[string, string[], number, RegExp]>([
    ['an unknown target', ['elevate', 'stagin-db', '--reason', 'x'], 9, /stagin-db.*\n {5}Did you mean staging-db\?/],
    ['a target like no other', ['elevate', 'zzz', '--reason', 'x'], 9, /zzz.*\n {5}.*jit targets/],
    ['one good, one unknown target', [...wish, 'nope'], 9, /nope/],
    ['an unparsable duration', [...wish, '--for', 'soon'], 2, /"soon" is no duration.*90m/],
    ['a negative duration', [...wish, '--for', '-5m'], 2, /-5m/],
    ['no time at all', [...wish, '--for', '0m'], 2, /"0m" is no time at all/],
    ['too long for the target', [...wish, '--for', '9h'], 2, /8h at most\.\n.*--for 8h/],
    ['too long for anything', [...wish, '--for', '8d'], 2, /"8d" is longer than/],
    ['no reason', ['elevate', 'staging-db'], 2, /\n {5}Add: --reason TEXT/],
    ['a blank reason', ['elevate', 'staging-db', '--reason', '  '], 2, /\n {5}Add: --reason TEXT/],
    ['a duration under 15 seconds', [...wish, '--for', '5s'], 2, /15 seconds at least/],
    [
      'a reason that nobody reads',
      ['elevate', 'staging-db', '--reason', 'x'.repeat(3000)],
      2,
      /has 3000 characters; 500/,
    ],
    ['a reason that is no plain text', ['elevate', 'staging-db', '--reason', 'a\u0007b'], 2, /reason .* U\+0007/],
    ['a start next month', [...wish, '--at', '2999-01-01T00:00:00Z'], 2, /more than 7 days ahead/],
    ['a start in the past', [...wish, '--at', '2020-01-01T00:00:00Z'], 2, /is over/],
    ['a delivery that is not there', [...wish, '--deliver', 'pigeon'], 2, /files, process, isolated/],
    ['a program without --', ['exec', 'staging-db', 'aws', '--version'], 2, /Put -- before the program/],
    ['a default that is hidden', [...wish, '--deliver', 'isolated', '--as-default'], 2, /cannot be a default/],
    ['another endpoint than the login', ['login', 'http://jit.corp.example'], 2, /https only/],
  ])('%s', async (_what, argv, code, said) => {
    const at = machine()
    const result = await refusal(world, at, () => at.jit(...argv))
    expect(result).toEqual(refused(result, code, said))
  })
})

describe('what the endpoint refuses', () => {
  test.each<[string, string[], number, RegExp]>([
    ['a request that is decided already', ['cancel', 'REQUEST'], 3, /was already approved/],
    ['an ID that is none', ['elevate', '--request', '../x'], 9, /There is no/],
  ])('%s: not 6, which says that it may pass', async (_what, argv, code, said) => {
    const at = machine()
    const { request } = JSON.parse((await at.jit(...wish, '--json')).stdout)
    const words = argv.map((word) => (word === 'REQUEST' ? request : word))
    const { before, after, ...ended } = await refusal(world, at, () => at.jit(...words))
    expect(ended).toEqual({ code, stdout: '', stderr: expect.stringMatching(said) })
    expect(after.files).toEqual(before.files)
  })
})

test.skipIf(!existsSync('/dev/full'))(
  'a grant whose JSON nobody could be given is named, and can be ended',
  async () => {
    const at = machine()
    const line = `"${process.execPath}" "${JIT}" ${wish.join(' ')} --json > /dev/full`
    const { code, stderr } = await at.run('bash', '-c', line)
    expect([code, JSON.parse(stderr.trim().split('\n').at(-1) ?? '')]).toMatchObject([
      8,
      { error: { code: 'WRITE_FAILED', hint: expect.stringContaining('jit revoke staging-db') } },
    ])
    expect(await at.jit('revoke', 'staging-db')).toMatchObject({ code: 0 })
  },
)

test('a notice that cannot come is said before anybody waits for it, and the grant comes all the same', async () => {
  const { code, stderr } = await machine({ JIT_NOTICE: 'bogus' }).jit(...wish)
  expect([code, stderr]).toEqual([0, expect.stringContaining('JIT_NOTICE: "bogus" is no duration')])
})

describe('the endpoint', () => {
  test('endpoint down: 6, what failed, what to try', async () => {
    const at = machine()
    await world.endpoint.stop()
    onTestFinished(() => world.endpoint.start())
    for (const argv of [['targets'], wish, ['login', world.endpoint.url]]) {
      const result = await refusal(world, at, () => at.jit(...argv))
      expect(result).toEqual(refused(result, 6, /refused the connection.*\n {5}Check the network/))
    }
  })

  test('a server that is no endpoint', async () => {
    const at = machine()
    const result = await refusal(world, at, () => at.jit('login', world.aws.url, '--device'))
    expect(result).toEqual(refused(result, 6, /does not answer like an approval endpoint/))
  })
})

describe.skipIf(!hasFaketime)('the clock', () => {
  test.each<[string, string]>([
    ['+10m', '10 minutes ahead'],
    ['-10m', '10 minutes behind'],
  ])('this machine is off by %s', async (offset, said) => {
    const at = machine(wrongClock(offset))
    for (const argv of [['targets'], wish, ['login', world.endpoint.url, '--device']]) {
      const result = await refusal(world, at, () => at.jit(...argv))
      expect(result).toEqual(refused(result, 6, new RegExp(`The clock of this machine is ${said}.*\n {5}Set it`)))
    }
  })

  test('the endpoint is off by 10 minutes: the same, for one of both is wrong', async () => {
    const at = machine()
    await world.endpoint.stop()
    await world.endpoint.start(wrongClock('+10m'))
    onTestFinished(async () => {
      await world.endpoint.stop()
      await world.endpoint.start()
    })
    const result = await refusal(world, at, () => at.jit('targets'))
    expect(result).toEqual(refused(result, 6, /The clock of this machine is 10 minutes behind/))
  })

  test('ending access works with a wrong clock too', async () => {
    const at = machine()
    expect((await at.jit(...wish, '--for', '20m')).code).toBe(0)
    const wrong = { ...at.env, ...wrongClock('-10m') }
    const ended = await launch(process.execPath, [JIT, 'revoke', '--all', '--json'], wrong).done
    expect(at.credentials()).toBe(USERS_OWN)
    expect(JSON.parse(ended.stdout)).toMatchObject([{ target: 'staging-db', wiped: true, confirmed: true }])
  })
})

describe('configuration and policy of the endpoint name file, line and field', () => {
  const spoilt = async (file: 'jit-endpoint.yaml' | 'policy.cedar', change: (text: string) => string) => {
    const directory = join(world.directory, `spoilt-${count++}`)
    mkdirSync(directory)
    const text = (name: string) => readFileSync(join(world.directory, 'endpoint', name), 'utf8')
    for (const name of ['jit-endpoint.yaml', 'policy.cedar'])
      writeFileSync(join(directory, name), name === file ? change(text(name)) : text(name))
    return runEndpoint(['check', '--config', join(directory, 'jit-endpoint.yaml')])
  }
  test.each<[string, 'jit-endpoint.yaml' | 'policy.cedar', (text: string) => string, RegExp]>([
    [
      'a misspelt field',
      'jit-endpoint.yaml',
      (t) => t.replace('maxDuration', 'maxDurtion'),
      /jit-endpoint\.yaml:\d+: targets\[0\]\.maxDurtion is no field.*did you mean maxDuration/,
    ],
    [
      'a wrong value',
      'jit-endpoint.yaml',
      (t) => t.replace('8h', 'long'),
      /jit-endpoint\.yaml:\d+: targets\[0\]\.maxDuration: /,
    ],
    [
      'a missing field',
      'jit-endpoint.yaml',
      (t) => t.replace(/ {2}issuer:.*\n/, ''),
      /jit-endpoint\.yaml:\d+: idp\.issuer is missing/,
    ],
    [
      'two targets of one name',
      'jit-endpoint.yaml',
      (t) => t.replace('name: prod-db', 'name: staging-db'),
      /jit-endpoint\.yaml:\d+: targets\[1\]\.name/,
    ],
    ['no YAML', 'jit-endpoint.yaml', (t) => `${t}\n  : [`, /jit-endpoint\.yaml:\d+: /],
    ['no Cedar', 'policy.cedar', (t) => `${t}permit(`, /policy\.cedar:\d+: /],
    [
      'an unknown target',
      'policy.cedar',
      (t) => t.replace('"staging-db"', '"stagin-db"'),
      /policy\.cedar:\d+: .*stagin-db/,
    ],
    [
      'an unknown attribute',
      'policy.cedar',
      (t) =>
        t.replace(
          'action == Action::"request", resource);',
          'action == Action::"request", resource) when { context.durration > 1 };',
        ),
      /policy\.cedar:\d+: .*durration/,
    ],
  ])('%s', async (_what, file, change, said) => {
    const { code, stdout, stderr } = await spoilt(file, change)
    expect(stderr).toMatch(said)
    expect([code, stdout]).toEqual([2, ''])
  })
})
