import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { PersonHome } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let alice: PersonHome

beforeAll(async () => {
  world = await startWorld()
  alice = await world.loggedIn('alice', {
    AWS_ACCESS_KEY_ID: 'AKIARIVAL',
    AWS_SECRET_ACCESS_KEY: 'rival',
    JIT_PASSPHRASE: 'hunter2',
  })
})
afterAll(() => world.close())

const exec = (...command: string[]) =>
  alice.start('exec', 'staging-db', '--for', '20m', '--reason', 'look', '--', ...command)
/** A program that says so on stderr and then waits for a signal. */
const WAITING = ['sh', '-c', 'echo ready >&2; while :; do sleep 0.05; done'] as const

/** Every file below the home that `jit` may have written a credential to. */
const left = (): readonly string[] =>
  ['.run', '.local/state', '.aws']
    .map((name) => join(alice.home, name))
    .filter((directory) => existsSync(directory))
    .flatMap((directory) => readdirSync(directory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name), 'utf8').includes('ASIA'))
    .map((entry) => join(entry.parentPath, entry.name))
const grants = async () => JSON.parse((await alice.jit('status', '--json')).stdout).grants
/** Grants whose end the endpoint was told. */
const ends = (): number => new Set(world.endpoint.log().match(/\/v1\/grants\/\w+(?=\/end")/g)).size

async function expectNothingLeft(endsBefore: number): Promise<void> {
  expect(left()).toEqual([])
  const run = join(alice.home, '.run/jit/grants')
  expect(existsSync(run) ? readdirSync(run) : []).toEqual([])
  expect(await grants()).toEqual([])
  expect(ends()).toBe(endsBefore + 1)
}

describe('jit exec without a grant', () => {
  test('works during the program, and afterwards nothing is left and the endpoint knows', async () => {
    const before = ends()
    const done = await exec('aws', '--endpoint-url', world.aws.url, 's3', 'cp', 's3://orders/today.csv', '-').done
    expect(done).toMatchObject({ code: 0, stdout: 'id,total\n1,42\n' })
    await expectNothingLeft(before)
    expect(alice.credentials()).toBeUndefined()
  })

  test('the program is told what it has, and not how jit opens its keys', async () => {
    const { code, stdout } = await exec(process.execPath, '-p', 'JSON.stringify(process.env)').done
    expect(code).toBe(0)
    const env = JSON.parse(stdout)
    expect(env).toMatchObject({
      JIT_GRANTED_TARGET: 'staging-db',
      JIT_GRANTED_ID: expect.stringMatching(/^g_\w{26}$/),
      JIT_GRANTED_UNTIL: expect.stringMatching(/^\d{4}-.*Z$/),
      AWS_PROFILE: 'jit-staging-db',
      AWS_REGION: 'eu-central-1',
      AWS_SESSION_EXPIRATION: env.JIT_GRANTED_UNTIL.replace(/\.\d+/, ''), // AWS counts in seconds
      HOME: alice.home,
    })
    expect(env.AWS_SHARED_CREDENTIALS_FILE).toContain(`/grants/${env.JIT_GRANTED_ID}.`)
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'JIT_PASSPHRASE'])
      expect(env).not.toHaveProperty(name)
    expect(existsSync(env.AWS_SHARED_CREDENTIALS_FILE)).toBe(false)
  })

  test.each([
    ['its exit code', ['sh', '-c', 'exit 23'], { code: 23, signal: null }],
    ['the signal that ended it', ['sh', '-c', 'kill -TERM $$'], { code: null, signal: 'SIGTERM' }],
    ['a signal that dumps memory, as shells say it', ['sh', '-c', 'kill -ABRT $$'], { code: 134, signal: null }],
  ])('jit ends as the program did: %s', async (_what, command, ended) => {
    const before = ends()
    expect(await exec(...command).done).toMatchObject(ended)
    await expectNothingLeft(before)
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s goes to the program, and what it had is taken away',
    async (signal) => {
      const before = ends()
      const running = exec(...WAITING)
      await running.says(/ready/)
      expect(left()).toHaveLength(1)
      running.kill(signal)
      expect(await running.done).toMatchObject({ code: null, signal })
      await expectNothingLeft(before)
    },
  )

  test('a program that answers a signal by tidying up is waited for', async () => {
    const before = ends()
    const running = exec('sh', '-c', `trap 'echo tidy; exit 7' INT; ${WAITING[2]}`)
    await running.says(/ready/)
    running.kill('SIGINT')
    running.kill('SIGINT') // the second would end any other command of jit at once
    expect(await running.done).toMatchObject({ code: 7, stdout: 'tidy\n' })
    await expectNothingLeft(before)
  })

  test('a program that cannot be started: nobody is asked, and the codes are those of a shell', async () => {
    const before = world.endpoint.log().length
    for (const [program, code] of [
      ['no-such-program', 127],
      [alice.home, 126],
    ] as const)
      expect(await exec(program).done).toMatchObject({ code, stderr: expect.stringContaining(program) })
    expect(world.endpoint.log().slice(before)).not.toContain('/v1/requests')
  })

  test('a script without its interpreter: 126, and the grant that it was to have is ended', async () => {
    const [before, script] = [ends(), join(alice.home, 'script')]
    writeFileSync(script, '#!/nowhere/interpreter\n', { mode: 0o755 })
    expect(await exec(script).done).toMatchObject({ code: 126, stderr: expect.stringContaining('interpreter') })
    await expectNothingLeft(before)
  })

  test('jit itself killed with SIGKILL: what the program has stays on record, and ends at its time or when it is revoked', async () => {
    const running = exec('sh', '-c', WAITING[2].replace('ready', 'ready $$$$'))
    const [, pid = ''] = await running.says(/ready (\d+)/)
    running.kill('SIGKILL')
    expect(await eventually(async () => (await grants()).length, 1)).toBe(1)
    expect(left()).toHaveLength(1) // the program may still be at work
    process.kill(Number(pid), 'SIGKILL')
    await running.done
    expect((await alice.jit('revoke', '--all')).code).toBe(0)
    expect(left()).toEqual([])
  })

  test('the endpoint is away when the program ends: wiped all the same, and told later', async () => {
    const running = exec('sh', '-c', 'echo ready >&2; read line < "$HOME/go"; exit 3')
    const go = join(alice.home, 'go')
    await alice.run('mkfifo', go)
    onTestFinished(async () => {
      await world.endpoint.start()
      await alice.jit('sweep')
    })
    await running.says(/ready/)
    await world.endpoint.stop()
    await alice.run('sh', '-c', `echo > '${go}'`)
    expect(await running.done).toMatchObject({ code: 3, stderr: expect.stringContaining('will be told') })
    expect(left()).toEqual([])
  })
})

describe('jit exec with a grant', () => {
  test('uses it, and leaves it where it is', async () => {
    await alice.jit('elevate', 'staging-db', '--for', '20m', '--reason', 'x')
    onTestFinished(async () => void (await alice.jit('revoke', '--all')))
    const written = alice.credentials()
    const before = ends()
    const { code, stdout } = await exec(
      'sh',
      '-c',
      'echo $AWS_PROFILE ${AWS_SHARED_CREDENTIALS_FILE-unset} ${AWS_ACCESS_KEY_ID-unset}',
    ).done
    expect([code, stdout]).toEqual([0, 'jit-staging-db unset unset\n'])
    expect(alice.credentials()).toBe(written)
    expect(ends()).toBe(before)
    expect(await grants()).toHaveLength(1)
  })
})
