import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { approveInBrowser } from '../support/browser-robot.ts'
import { eventually } from '../support/eventually.ts'
import type { Ended } from '../support/launch.ts'
import { hasNamespaces, jitBehind, mounted, onNfs, otherMachine } from '../support/other-machines.ts'
import type { PersonHome } from '../support/person.ts'
import { killReapersOf } from '../support/reapers.ts'
import { refusal, refused } from '../support/refusal.ts'
import { startWorld, type World } from '../support/world.ts'
import { hasFaketime, wrongClock } from '../support/wrong-clock.ts'

const USERS_OWN = '[default]\naws_access_key_id = AKIAUSER\naws_secret_access_key = mine\n'
const AT_ONCE = `
@id("developers-ask")
permit(principal in Group::"dev", action == Action::"request", resource);
@id("at-once")
permit(principal in Group::"dev", action == Action::"autoApprove", resource);
`
const hasStrace = spawnSync('strace', ['-V']).status === 0
/** A user id without an account, as container platforms give out. */
const NOBODY = '54321'

let world: World
let alice: PersonHome

beforeAll(async () => {
  world = await startWorld({ policy: AT_ONCE, accessToken: '1h' })
  alice = await world.loggedIn('alice')
})
afterAll(() => world.close())

let count = 0
const machine = (env?: Readonly<Record<string, string>>): PersonHome => {
  const made = world.machine(alice, `home-${count++}`, env)
  for (const own of ['.config/jit', '.local/state/jit']) chmodSync(join(made.home, own), 0o700) // copying them has not
  made.writeCredentials(USERS_OWN)
  return made
}

const wish = (target = 'staging-db', ...more: readonly string[]) =>
  ['elevate', target, '--for', '20m', '--reason', 'test', ...more] as const
const must = async (running: Promise<Ended>): Promise<Ended> => {
  const ended = await running
  expect([ended.code, ended.stderr]).toEqual([0, expect.any(String)])
  return ended
}
const stateOf = (at: PersonHome) => join(at.home, '.local/state/jit')
const files = (directory: string): readonly string[] =>
  existsSync(directory) ? readdirSync(directory, { recursive: true, encoding: 'utf8' }) : []

describe.skipIf(!hasNamespaces)('several machines with one home', () => {
  test('each keeps its own records, and ends what it wrote and nothing of the other', async () => {
    const at = machine()
    const [a, b] = ['a', 'b'].map((letter) => otherMachine(join(at.home, 'machines'), letter))
    const on = (where: readonly string[] = [], ...args: readonly string[]) => jitBehind(at, where, args).done
    await must(on(a, ...wish('staging-db')))
    const ofA = at.credentials()
    await must(on(b, ...wish('prod-db')))
    expect((await must(on(b, 'status'))).stdout).not.toContain('staging-db')
    await must(on(b, 'revoke', '--all'))
    expect(at.credentials()).toBe(ofA)
    await must(on(a, 'revoke', '--all'))
    expect(at.credentials()).toBe(USERS_OWN)
    expect(readdirSync(stateOf(at)).filter((name) => /^[0-9a-f]{16}$/.test(name))).toHaveLength(2)
  })

  test('the same target on both: the later takes the place of the earlier, and both ends leave nothing', async () => {
    const at = machine()
    const [a, b] = ['a', 'b'].map((letter) => otherMachine(join(at.home, 'machines'), letter))
    const on = (where: readonly string[] = [], ...args: readonly string[]) => jitBehind(at, where, args).done
    await must(on(a, ...wish()))
    const ofA = at.credentials()
    await must(on(b, ...wish()))
    expect(at.credentials()).not.toBe(ofA)
    expect(at.credentials()?.match(/\[jit-staging-db\]/g)).toHaveLength(1)
    await must(on(a, 'revoke', '--all'))
    expect(at.credentials()).toContain('[jit-staging-db]')
    await must(on(b, 'revoke', '--all'))
    expect(at.credentials()).toBe(USERS_OWN)
  })

  test.skipIf(!hasFaketime)(
    'what a machine that is off has left behind goes at any start of jit on another',
    async () => {
      const at = machine()
      const [off, on] = ['a', 'b'].map((letter) => otherMachine(join(at.home, 'machines'), letter))
      await must(jitBehind(at, off ?? [], wish()).done)
      expect(await eventually(() => killReapersOf(at.home).length, 1)).toBe(1)
      const later = Object.entries(wrongClock('+30m')).map(([name, value]) => `${name}=${value}`)
      await must(jitBehind(at, on ?? [], ['help']).done)
      expect(at.credentials()).toContain('aws_session_token')
      const { stderr } = await must(jitBehind(at, [...(on ?? []), 'env', ...later], ['help']).done)
      expect(stderr).toMatch(/^Ended g_\w+: its credentials are gone/)
      expect(at.credentials()).toBe(USERS_OWN)
      expect((await must(jitBehind(at, [...(off ?? []), 'env', ...later], ['sweep']).done)).stderr).toContain(
        'staging-db',
      )
    },
  )
})

describe.skipIf(!hasStrace)('a home on NFS', () => {
  test('locks, login and private files of grants stay on this machine; the records, and what was asked for, do not', async () => {
    const local = join(world.directory, `runtime-${count}`)
    const at = machine({ XDG_RUNTIME_DIR: local })
    rmSync(join(stateOf(at), 'login.lock')) // the other machine's
    const trace = join(world.directory, `trace-${count}`)
    const jit = (...args: readonly string[]) => jitBehind(at, onNfs(trace, stateOf(at), at.home), args)
    expect(await jit('targets').done).toMatchObject({ code: 4 }) // the login of another machine is not this one's
    const login = jit('login', world.endpoint.url, '--device')
    const [, url = ''] = await login.says(/(http:\/\/127\.0\.0\.1:\d+\/device\S*user_code=\S+)/)
    await approveInBrowser(url, 'alice')
    await must(login.done)
    expect(readFileSync(trace, 'utf8')).toContain('NFS_SUPER_MAGIC')

    const elevating = jit(...wish('staging-db', '--deliver', 'process'))
    await elevating.says(/is yours until/)
    expect(await eventually(() => killReapersOf(at.home).length, 1)).toBe(1) // strace would wait for it
    await must(elevating.done)
    const doctor = await jit('doctor').done
    expect(doctor.stdout).toMatch(
      /^note {5}directories: \S+ lies on NFS; the locks of this machine lie in \S+\/locks\//m,
    )
    expect(doctor.stdout).toMatch(/^note {5}directories: Your home lies on NFS: .*\n.*--deliver process/m)
    expect(files(stateOf(at)).filter((name) => /lock$|sealed$/.test(name))).toEqual([])
    const here = files(join(local, 'jit')).map((name) => name.split('/').at(-1))
    expect(here).toEqual(expect.arrayContaining(['lock', 'login.lock', 'aws.sealed']))
    await must(jit('revoke', '--all').done)
    expect(files(join(local, 'jit')).filter((name) => name.includes('sealed'))).toEqual([])
  })
})

describe.skipIf(!hasNamespaces)('a home that is read-only', () => {
  const readOnly = (at: PersonHome) => mounted('mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"', at.home)
  const elsewhere = () => {
    const directory = join(world.directory, `elsewhere-${count}`)
    return { directory, env: { JIT_STATE_DIR: join(directory, 'state'), JIT_RUNTIME_DIR: join(directory, 'run') } }
  }

  test('refuses before anybody is asked where no record could be kept', async () => {
    const at = machine()
    const result = await refusal(world, at, () => jitBehind(at, readOnly(at), wish()).done)
    expect(result).toEqual(refused(result, 8, /record of each secret.*cannot be written\.\n.*JIT_STATE_DIR/))
  })

  test.each(['files', 'process'])('refuses %s before anybody is asked, and says what works', async (mode) => {
    const { directory, env } = elsewhere()
    const at = machine(env)
    cpSync(stateOf(at), join(directory, 'state'), { recursive: true })
    const result = await refusal(
      world,
      at,
      () => jitBehind(at, readOnly(at), wish('staging-db', '--deliver', mode)).done,
    )
    expect(result).toEqual(refused(result, 8, /\.aws\/\w+.*\n.*--deliver isolated/))
  })

  test('isolated works there, and jit exec', async () => {
    const { directory, env } = elsewhere()
    const at = machine(env)
    cpSync(stateOf(at), join(directory, 'state'), { recursive: true })
    const jit = (...args: readonly string[]) => jitBehind(at, readOnly(at), args).done
    await must(jit(...wish('staging-db', '--deliver', 'isolated')))
    expect((await must(jit('exec', 'staging-db', '--', 'printenv', 'AWS_SHARED_CREDENTIALS_FILE'))).stdout).toContain(
      env.JIT_RUNTIME_DIR,
    )
    await must(jit('revoke', '--all'))
    expect(files(join(directory, 'run')).filter((name) => name.includes('credentials'))).toEqual([])
  })
})

describe('a user without a home', () => {
  const asNobody = (...env: readonly string[]) => [
    'env',
    '-i',
    'PATH=/usr/bin:/bin',
    ...env,
    'setpriv',
    '--reuid',
    NOBODY,
    '--clear-groups',
  ]

  test
    .skipIf(!hasNamespaces)
    .each([['status'], ['elevate', 'x', '--reason', 'y'], ['credential-process', 'x'], ['sweep'], ['doctor']])(
    'jit %s says what to set',
    async (...argv) => {
      const { code, stdout, stderr } = await jitBehind(alice, asNobody(), argv).done
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(/^jit: This user has no home directory.*\n {5}Set HOME, or .*JIT_STATE_DIR/)
    },
  )

  test.skipIf(!hasNamespaces)('help needs none', async () => {
    for (const argv of [['--help'], ['help', 'environment'], ['elevate', '--help'], ['--version']])
      expect((await must(jitBehind(alice, asNobody(), argv).done)).stderr).toBe('')
  })

  test.skipIf(!hasNamespaces)('with places of its own jit works: isolated, not files', async () => {
    const at = machine()
    execFileSync('chown', ['-R', NOBODY, at.home])
    chmodSync(world.directory, 0o755)
    const state = join(at.home, '.local/state/jit')
    const env = [
      `JIT_STATE_DIR=${state}`,
      `JIT_CONFIG_DIR=${join(at.home, '.config/jit')}`,
      `JIT_RUNTIME_DIR=${join(at.home, '.run/jit')}`,
      ...['JIT_KEY_STORE', 'JIT_PASSPHRASE_FILE', 'AWS_ENDPOINT_URL'].map((name) => `${name}=${at.env[name]}`),
    ]
    const jit = (...args: readonly string[]) => jitBehind(at, asNobody(...env), args).done
    const files = await jit(...wish())
    expect([files.code, files.stderr]).toEqual([8, expect.stringMatching(/this user has none\.\n.*--deliver isolated/)])
    await must(jit(...wish('staging-db', '--deliver', 'isolated')))
    expect((await must(jit('status'))).stdout).toContain(join(at.home, '.run/jit/grants'))
    await must(jit('revoke', '--all'))
  })
})

describe.skipIf(!hasNamespaces)('a container', () => {
  const FIRST = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child']

  test.each([
    ['its exit code', 'exit 7', 7],
    ['the signal that ended it', 'kill -TERM $$', 143],
  ])('jit exec as its first process passes on %s, and leaves nothing', async (_what, script, code) => {
    const at = machine()
    const run = ['exec', 'staging-db', '--for', '20m', '--reason', 'x', '--', 'sh', '-c', `echo $PPID; ${script}`]
    const ended = await jitBehind(at, FIRST, run).done
    expect([ended.code, ended.stdout]).toEqual([code, '1\n'])
    expect(at.credentials()).toBe(USERS_OWN)
    expect(files(at.home).filter((name) => /grants\/|\.lease$/.test(name))).toEqual([])
  })

  test('without /proc everything works: elevate, status, doctor, exec, revoke', async () => {
    const at = machine()
    const jit = (...args: readonly string[]) => jitBehind(at, mounted('mount -t tmpfs none /proc'), args).done
    await must(jit(...wish()))
    expect((await must(jit('status'))).stdout).toContain('staging-db')
    expect((await must(jit('doctor'))).stdout).toMatch(/^ok {7}background process: It runs/m)
    await must(jit('exec', 'staging-db', '--', 'true'))
    await must(jit('revoke', '--all'))
    expect(at.credentials()).toBe(USERS_OWN)
  })

  test('jit doctor says that the background process ends with it', async () => {
    const { stdout } = await must(machine({ container: 'oci', PATH: '/nowhere' }).jit('doctor'))
    expect(stdout).toMatch(/scheduler: .*This is a container.*\n.*jit exec/)
  })
})
