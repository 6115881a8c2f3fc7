import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launch } from '../support/launch.ts'
import type { PersonHome } from '../support/person.ts'
import { atTerminal } from '../support/terminal.ts'
import { startWorld, type World } from '../support/world.ts'

const isInstalled = (program: string): boolean => spawnSync(program, ['--version']).status === 0
/** v1 where pip brought it, and Debian's v2, which listens to `--endpoint-url` alone. */
const CLIENTS = ['aws', '/usr/bin/aws'].filter(isInstalled)
/** How each shell evaluates its first argument. */
const EVALUATE = { bash: ['eval "$1"', 'sh'], zsh: ['eval "$1"', 'sh'], fish: ['printf %s $argv[1] | source'] } as const

let world: World
let alice: PersonHome

beforeAll(async () => {
  world = await startWorld()
  alice = await world.loggedIn('alice', {
    AWS_ACCESS_KEY_ID: 'AKIARIVAL',
    AWS_SECRET_ACCESS_KEY: 'rival',
    AWS_DEFAULT_PROFILE: 'rival',
  })
})
afterAll(() => world.close())

const elevate = (...flags: string[]) => alice.jit('elevate', 'staging-db', '--for', '20m', '--reason', 'x', ...flags)

describe.each(['files', 'process', 'isolated'])('what jit env prints of a grant delivered as %s', (mode) => {
  beforeAll(async () => {
    const { code, stderr } = await elevate('--deliver', mode)
    if (code !== 0) throw new Error(stderr)
  })

  test.each(Object.entries(EVALUATE))(
    '%s and the real aws work with it, whatever was exported before',
    async (shell, [script, ...name]) => {
      const { code, stdout } = await alice.jit('env', 'staging-db', '--shell', shell)
      expect(code).toBe(0)
      expect(stdout).not.toContain('ASIA')
      for (const client of CLIENTS) {
        const read = `${client} --endpoint-url ${world.aws.url} s3 cp s3://orders/today.csv -`
        const done = await alice.run(shell, '-c', `${script}\n${read}`, ...name, stdout)
        expect([done.stderr, done.stdout]).toEqual(['', 'id,total\n1,42\n'])
      }
    },
  )

  test('--values are the keys themselves, which need no file', async () => {
    const { stdout } = await alice.jit('env', 'staging-db', '--shell', 'dotenv', '--values')
    const values = Object.fromEntries(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/)),
    )
    expect(values).toMatchObject({ AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/), AWS_REGION: 'eu-central-1' })
    const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', ...values }
    const read = ['--endpoint-url', world.aws.url, 's3', 'cp', 's3://orders/today.csv', '-']
    for (const client of CLIENTS) expect((await launch(client, read, env).done).stdout).toBe('id,total\n1,42\n')
  })
})

test('--values do not go to a screen', async () => {
  await elevate()
  const { code, screen } = await atTerminal(['env', 'staging-db', '--values'], alice.env).ended
  expect([code, screen]).toEqual([2, expect.stringContaining('would stand on the screen')])
  expect(screen).not.toContain('ASIA')
})

test('without a grant it says what to type', async () => {
  expect(await alice.jit('env', 'prod-db')).toMatchObject({
    code: 9,
    stdout: '',
    stderr: expect.stringContaining('Type: jit elevate prod-db --reason TEXT'),
  })
})
