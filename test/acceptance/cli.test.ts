import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { record } from '../../src/contract/narrow.ts'
import { createPersonHome, type PersonHome } from '../support/person.ts'
import { removeWorkplace } from '../support/workplace.ts'

/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:2'

function machine(env: Readonly<Record<string, string>> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'jit-cli-'))
  onTestFinished(() => removeWorkplace(directory))
  return createPersonHome({ login: 'alice', directory, endpoint: NOWHERE, aws: NOWHERE, env })
}

const errorOf = ({ stderr }: Awaited<ReturnType<PersonHome['jit']>>) =>
  record(record(JSON.parse(stderr), 'stderr')['error'], 'error')

test.each([
  ['TF_BUILD', 'True', '##vso[task.setvariable variable=PATH]/evil'],
  ['GITHUB_ACTIONS', 'true', '##[stop-commands]x'],
])('words of others are no commands to the runner whose log they go to (%s)', async (name, value, words) => {
  const [runner, nowhere] = [machine({ [name]: value, JIT_WORKLOAD: 'off' }), machine()]
  for (const argv of [[words], ['credential-process', words]]) {
    const { stderr } = await runner.jit(...argv)
    expect(stderr).toContain(words.replace('##', '# #'))
    expect(stderr).not.toContain(words)
    expect((await nowhere.jit(...argv)).stderr).toContain(words)
  }
})

describe('exit codes and the two sentences of an error', () => {
  test.each<[string, string[], number, RegExp]>([
    ['no command', [], 2, /Say what to do\.\n {5}See: jit help/],
    ['unknown command', ['elvate'], 2, /Unknown command 'elvate'\.\n {5}Did you mean elevate\?/],
    ['unknown flag', ['status', '--jsn'], 2, /Unknown option '--jsn'\.\n {5}Did you mean --json\?/],
    ['unparsable duration', ['elevate', 'prod-db', '--for', 'soon', '--reason', 'x'], 2, /no duration/],
    ['missing reason, nobody to ask', ['elevate', 'prod-db'], 2, /Add: --reason TEXT/],
    ['missing target, nobody to ask', ['elevate', '--reason', 'x'], 2, /jit elevate TARGET/],
    ['revoke of what?', ['revoke'], 2, /or --all\.\n {5}Type: jit revoke TARGET\. See: jit status/],
    ['deny without words', ['deny', 'r_1'], 2, /Add: --reason TEXT/],
    ['no endpoint known', ['login'], 2, /jit login ENDPOINT_URL/],
    ['endpoint that is no address', ['login', 'https://x y'], 2, /no address/],
    ['not logged in', ['targets'], 4, /Type: jit login/],
    ['not logged in', ['whoami', '--non-interactive'], 4, /Type: jit login/],
    ['endpoint down', ['login', NOWHERE, '--device'], 6, /refused the connection/],
    ['no such grant', ['revoke', 'prod-db'], 9, /No active grant is called prod-db/],
    ['no such grant', ['credential-process', 'prod-db'], 9, /Type: jit elevate prod-db/],
  ])('%s: jit %j', async (_name, argv, code, said) => {
    const ended = await machine().jit(...argv)
    expect(ended.stderr).toMatch(said)
    expect([ended.code, ended.stdout]).toEqual([code, ''])
  })

  test.each<[string[], string]>([
    [['elevate', 'prod-db', '--json'], 'USAGE'],
    [['--jsn', '--json'], 'USAGE'],
    [['whoami', '--json'], 'LOGIN_NEEDED'],
    [['credential-process', 'prod-db', '--json'], 'USAGE'],
  ])('with --json an error is one JSON document on stderr: %j', async (argv, code) => {
    const ended = await machine().jit(...argv)
    expect(ended.stdout).toBe('')
    expect(errorOf(ended)).toEqual({ code, message: expect.any(String), hint: expect.any(String) })
  })

  test('JIT_JSON=1 counts as well', async () => {
    expect(errorOf(await machine({ JIT_JSON: '1' }).jit('revoke', 'prod-db'))).toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('what asks nobody', () => {
  test('help, version, status and sweep work on an empty machine and write nothing to it', async () => {
    const alice = machine()
    const before = readdirSync(alice.home, { recursive: true })
    const help = await alice.jit('--help')
    expect([help.code, help.stderr]).toEqual([0, ''])
    expect(help.stdout).toContain('elevate')
    const [{ version }] = [JSON.parse(readFileSync(resolve('package.json'), 'utf8'))]
    expect((await alice.jit('--version')).stdout).toBe(`${version}\n`)
    expect((await alice.jit('help', 'exit-codes')).stdout).toMatch(/^ {3}5 {2}no decision/m)
    expect((await alice.jit('status', '--json')).stdout).toBe(
      '{"grants":[],"requests":[],"ended":[],"unconfirmed":[],"receipts":[],"unreadable":[]}\n',
    )
    expect(readdirSync(alice.home, { recursive: true })).toEqual(before)
  })

  test('colour is for terminals, or for who asks for it', async () => {
    expect((await machine({ NO_COLOR: '' }).jit('revoke')).stderr).not.toContain('\u001b[')
    expect((await machine({ NO_COLOR: '', FORCE_COLOR: '1' }).jit('revoke')).stderr).toContain('\u001b[')
    expect((await machine({ NO_COLOR: '1', FORCE_COLOR: '1' }).jit('revoke')).stderr).not.toContain('\u001b[')
  })

  test('a reader that goes away is no crash', () => {
    const { env } = machine()
    const bin = resolve('bin/jit.js')
    const piped = spawnSync('bash', ['-c', `"${process.execPath}" "${bin}" --help | true; echo "\${PIPESTATUS[0]}"`], {
      env,
      encoding: 'utf8',
    })
    expect([piped.stdout, piped.stderr]).toEqual(['0\n', ''])
  })

  test.skipIf(!existsSync('/dev/full'))('a full disk behind stdout is no bug: 8, and what to do', () => {
    const { env } = machine()
    for (const words of ['help', 'status --json', 'completion bash']) {
      const line = `"${process.execPath}" "${resolve('bin/jit.js')}" ${words} > /dev/full`
      const { status, stderr } = spawnSync('bash', ['-c', line], { env, encoding: 'utf8' })
      expect([status, stderr]).toEqual([
        8,
        expect.stringMatching(/Standard output cannot be written \(ENOSPC\)\..*Send it elsewhere/s),
      ])
      const unheard = spawnSync('bash', ['-c', `${line} 2>&1`], { env, encoding: 'utf8' })
      expect([unheard.status, unheard.stderr]).toEqual([8, ''])
    }
  })

  test.skipIf(process.platform === 'win32')('no signal opens a debugger', async () => {
    const child = spawn(process.execPath, ['bin/jit.js', 'status', '--watch', '--json'], { env: machine().env })
    let said = ''
    child.stderr.on('data', (text: Buffer) => (said += String(text)))
    const ended = once(child, 'close')
    await once(child.stdout, 'data')
    child.kill('SIGUSR1')
    spawnSync(process.execPath, ['-e', '0']) // as long as a start of Node, debugger included
    child.kill('SIGINT')
    expect([await ended, said]).toEqual([[0, null], ''])
  })

  test('an older Node is told so in one sentence, by syntax that it understands', () => {
    const bin = readFileSync(resolve('bin/jit.js'), 'utf8')
    const old = bin.replaceAll('process.versions.node', '"20.11.0"').replace(/^#!.*\n/, '')
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', old], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([2, 'jit needs Node 24.15 or newer; this is 20.11.0.\n'])
  })
})

describe('files that are not as they should be', () => {
  test('corrupt settings: the error names the file, and the file stays', async () => {
    const alice = machine({ JIT_KEY_STORE: '' })
    const file = join(alice.home, '.config/jit/config.json')
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, '{"endpoint": ')
    for (const argv of [['login'], ['targets'], ['login', NOWHERE]]) {
      const ended = await alice.jit(...argv)
      expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(file)])
    }
    expect(readFileSync(file, 'utf8')).toBe('{"endpoint": ')
    expect((await alice.jit('status')).code).toBe(0) // needs none
  })

  test('a torn lease is shown, not dropped', async () => {
    const alice = machine()
    const state = join(alice.home, '.local/state/jit')
    await alice.jit('sweep') // makes the directory of this machine
    const [name = ''] = readdirSync(state)
    const file = join(state, name, 'leases', 'g_torn.lease')
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, '{"version": 1, "id": "g_to')
    const { stderr, code } = await alice.jit('status')
    expect([code, stderr]).toEqual([0, expect.stringContaining(`The record ${file} cannot be read`)])
    expect(readdirSync(join(file, '..')).some((each) => each.startsWith('g_torn'))).toBe(true)
  })

  test('an unreadable record of a request is shown, not dropped', async () => {
    const alice = machine()
    const file = join(alice.home, '.local/state/jit/requests/r_1.json')
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, '{')
    expect((await alice.jit('status')).stderr).toContain(file)
    expect(existsSync(file)).toBe(true)
  })
})
