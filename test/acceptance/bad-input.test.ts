import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { disk } from '../support/disk.ts'
import { type Ended, launch } from '../support/launch.ts'
import type { PersonHome } from '../support/person.ts'
import { runEndpoint } from '../support/run-endpoint.ts'
import { hasFaketime, wrongClock } from '../support/wrong-clock.ts'
import { startWorld, type World } from '../support/world.ts'

const USERS_OWN = '[default]\r\naws_access_key_id = AKIAUSER\r\naws_secret_access_key = mine\r\n# a comment'
const JIT = join(process.cwd(), 'bin/jit.js')

let world: World
let alice: PersonHome

beforeAll(async () => {
  world = await startWorld()
  alice = world.person('alice')
  const { code, stderr } = await alice.logIn()
  if (code !== 0) throw new Error(stderr)
})
afterAll(() => world.close())

let count = 0
const machine = (env?: Readonly<Record<string, string>>): PersonHome => {
  const made = world.machine(alice, `machine-${count++}`, env)
  made.writeCredentials(USERS_OWN)
  return made
}

/** Everything but locks, which are empty, and the directories that they lie in. */
const all = ({ home }: PersonHome) =>
  Object.fromEntries(
    Object.entries(disk(home)).filter(([path, what]) => !/lock$/.test(path) && !what.startsWith('directory')),
  )
const asked = () => world.endpoint.log().match(/"method":"POST","path":"\/v1\/requests"/g)?.length ?? 0

/** One sentence, the next thing to type, the exit code; and neither this machine nor the endpoint has changed. */
async function refused(at: PersonHome, run: () => Promise<Ended>, code: number, said: RegExp): Promise<void> {
  const before = { files: all(at), asked: asked() }
  const ended = await run()
  expect(ended.stderr).toMatch(said)
  expect(ended.stderr.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^jit: \S.*[.?:!]$/),
    expect.stringMatching(/^ {5}\S/),
  ])
  expect([ended.code, ended.stdout]).toEqual([code, ''])
  expect({ files: all(at), asked: asked() }).toEqual(before)
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
    ['a start in the past', [...wish, '--at', '2020-01-01T00:00:00Z'], 2, /is over/],
    ['a delivery that is not there', [...wish, '--deliver', 'process'], 2, /process/],
    ['another endpoint than the login', ['login', 'http://jit.corp.example'], 2, /https only/],
  ])('%s', async (_what, argv, code, said) => {
    const at = machine()
    await refused(at, () => at.jit(...argv), code, said)
  })
})

describe('what the endpoint refuses', () => {
  test.each<[string, string[], number, RegExp]>([
    ['a duration under 15 seconds', [...wish, '--for', '5s'], 6, /15 at least/],
    ['a reason that is no plain text', ['elevate', 'staging-db', '--reason', 'a\u0007b'], 6, /reason/],
  ])('%s', async (_what, argv, code, said) => {
    const at = machine()
    const before = all(at)
    const ended = await at.jit(...argv)
    expect([ended.code, ended.stdout, ended.stderr]).toEqual([code, '', expect.stringMatching(said)])
    expect(all(at)).toEqual(before)
  })
})

describe('files of the user', () => {
  test.each<[string, string, RegExp]>([
    ['a line that aws cannot parse', '[default]\naws_access_key_id = A\nrubbish\n', /line 3, .*\n {5}.*try again/],
    ['text before the first section', 'no section = x\n', /line 1/],
    ['a byte order mark', '\ufeff[default]\naws_access_key_id = A\n', /line 1/],
    ['a section twice', '[a]\nx = 1\n[a]\nx = 2\n', /line 3/],
    ['an option twice', '[a]\nx = 1\nx = 2\n', /line 3/],
    ['UTF-16', Buffer.from('[default]\n', 'utf16le').toString('latin1'), /cannot read/],
    ['a NUL', '[default]\naws_access_key_id = \u0000\n', /cannot read/],
    [
      'keys of the user under our name',
      '[jit-staging-db]\naws_access_key_id = AKIAMINE\n',
      /jit-staging-db.*line 1.*not jit's/,
    ],
  ])('credentials file with %s', async (_what, text, said) => {
    const at = machine()
    at.writeCredentials(text)
    await refused(at, () => at.jit(...wish), 8, said)
  })

  test('our profile name taken in the config file', async () => {
    const at = machine()
    writeFileSync(join(at.home, '.aws/config'), '[profile jit-staging-db]\nrole_arn = arn:aws:iam::1:role/mine\n')
    await refused(at, () => at.jit(...wish), 8, /config \(line 1\)/)
  })

  test('a directory in place of the file', async () => {
    const at = machine()
    rmSync(at.credentialsFile)
    mkdirSync(at.credentialsFile)
    await refused(at, () => at.jit(...wish), 8, /not a regular file/)
  })

  test('a link to nowhere reachable', async () => {
    const at = machine()
    rmSync(at.credentialsFile)
    execFileSync('ln', ['-s', 'credentials', at.credentialsFile])
    await refused(at, () => at.jit(...wish), 8, /credentials/)
  })

  test('a directory in which everybody may replace files', async () => {
    const at = machine()
    chmodSync(join(at.home, '.aws'), 0o777)
    await refused(at, () => at.jit(...wish), 8, /everybody may replace files.*\n {5}.*chmod o-w/)
  })

  test.each([
    ['+i', 'immutable'],
    ['+a', 'append-only'],
  ])('a file with chattr %s (%s)', async (attribute) => {
    const at = machine()
    if (spawnSync('chattr', [attribute, at.credentialsFile]).status !== 0) return // this file system has no attributes
    onTestFinished(() => void execFileSync('chattr', [attribute.replace('+', '-'), at.credentialsFile]))
    await refused(at, () => at.jit(...wish), 8, /append-only or immutable.*\n {5}.*lsattr/)
  })

  test('a file that is read-only by its mode is written, and is read-only again afterwards', async () => {
    const at = machine()
    chmodSync(at.credentialsFile, 0o400)
    const before = disk(join(at.home, '.aws'))
    expect((await at.jit(...wish, '--for', '20m')).code).toBe(0)
    expect((await at.jit('revoke', '--all')).code).toBe(0)
    expect(disk(join(at.home, '.aws'))).toEqual(before)
  })
})

describe('files of jit', () => {
  const login = (at: PersonHome) => join(at.home, '.local/state/jit/login.json')

  test.each<[string, (file: string) => void]>([
    ['torn', (file) => truncateSync(file, 40)],
    ['empty', (file) => truncateSync(file, 0)],
    ['of another kind', (file) => writeFileSync(file, '{"hello": 1}')],
    [
      'changed by one letter',
      (file) =>
        writeFileSync(
          file,
          readFileSync(file, 'utf8').replace(/"tag":"./, (tag) => (tag.endsWith('A') ? '"tag":"B' : '"tag":"A')),
        ),
    ],
  ])('a stored login that is %s: named, kept, and mended by logging in anew', async (_what, spoil) => {
    const at = machine()
    spoil(login(at))
    for (const argv of [['targets'], wish])
      await refused(
        at,
        () => at.jit(...argv),
        8,
        /The stored login \S+login\.json cannot be read.*\n {5}Log in anew: jit login/,
      )
    expect((await at.logIn()).code).toBe(0)
    expect((await at.jit('targets')).code).toBe(0)
  })

  test('a key of the login that is gone: log in again', async () => {
    const at = machine()
    rmSync(join(at.home, '.local/state/jit/keys'), { recursive: true })
    await refused(at, () => at.jit('targets'), 4, /key of the stored login is gone.*\n {5}Type: jit login/)
  })

  test('a wrong passphrase', async () => {
    const at = machine()
    writeFileSync(join(at.home, 'passphrase'), 'wrong')
    await refused(at, () => at.jit('targets'), 8, /passphrase does not open/)
  })

  test('corrupt settings stop login, which would write over them', async () => {
    const at = machine({ JIT_KEY_STORE: '' })
    writeFileSync(join(at.home, '.config/jit/config.json'), '{"endpoint":')
    await refused(at, () => at.jit('login'), 2, /config\.json cannot be read \(it is not JSON\).*\n {5}Mend it/)
  })

  test.each<[string, (file: string) => void]>([
    ['torn', (file) => truncateSync(file, 30)],
    ['empty', (file) => truncateSync(file, 0)],
  ])('a lease that is %s is shown, and its credentials can still be ended', async (_what, spoil) => {
    const at = machine()
    expect((await at.jit(...wish, '--for', '20m')).code).toBe(0)
    const leases = readdirSync(join(at.home, '.local/state/jit'), { recursive: true, encoding: 'utf8' })
    const [lease = ''] = leases.filter((path) => path.endsWith('.lease'))
    spoil(join(at.home, '.local/state/jit', lease))
    const shown = await at.jit('status')
    expect([shown.code, shown.stderr]).toEqual([0, expect.stringContaining(lease.split('/').at(-1) ?? '?')])
    expect(JSON.parse((await at.jit('revoke', '--all', '--json')).stdout)).toMatchObject([
      { wiped: true, confirmed: true },
    ])
    expect(at.credentials()).toBe(USERS_OWN)
    expect((await at.jit('status', '--json')).stdout).toContain('"unreadable":[]')
  })

  test('a state directory that cannot be made', async () => {
    const at = machine()
    const inTheWay = join(at.home, 'a-file')
    writeFileSync(inTheWay, '')
    const blocked = world.machine(at, `machine-${count++}`, { JIT_STATE_DIR: join(inTheWay, 'state') })
    const ended = await blocked.jit('login', world.endpoint.url, '--device')
    expect([ended.code, ended.stderr.trimEnd().split('\n')]).toEqual([
      8,
      [expect.stringMatching(/^jit: /), expect.stringMatching(/^ {5}\S/)],
    ])
  })
})

describe('the endpoint', () => {
  test('endpoint down: 6, what failed, what to try', async () => {
    const at = machine()
    await world.endpoint.stop()
    onTestFinished(() => world.endpoint.start())
    for (const argv of [['targets'], wish, ['login', world.endpoint.url]])
      await refused(at, () => at.jit(...argv), 6, /refused the connection.*\n {5}Check the network/)
  })

  test('a server that is no endpoint', async () => {
    const at = machine()
    await refused(at, () => at.jit('login', world.aws.url, '--device'), 6, /does not answer like an approval endpoint/)
  })
})

describe.skipIf(!hasFaketime)('the clock', () => {
  test.each<[string, string]>([
    ['+10m', '10 minutes ahead'],
    ['-10m', '10 minutes behind'],
  ])('this machine is off by %s', async (offset, said) => {
    const at = machine(wrongClock(offset))
    for (const argv of [['targets'], wish, ['login', world.endpoint.url, '--device']])
      await refused(at, () => at.jit(...argv), 6, new RegExp(`The clock of this machine is ${said}.*\n {5}Set it`))
  })

  test('the endpoint is off by 10 minutes: the same, for one of both is wrong', async () => {
    const at = machine()
    await world.endpoint.stop()
    await world.endpoint.start(wrongClock('+10m'))
    onTestFinished(async () => {
      await world.endpoint.stop()
      await world.endpoint.start()
    })
    await refused(at, () => at.jit('targets'), 6, /The clock of this machine is 10 minutes behind/)
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
