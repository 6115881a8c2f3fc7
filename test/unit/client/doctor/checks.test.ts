import { describe, expect, test } from 'vitest'
import { JitError } from '../../../../src/base/errors.ts'
import { clientFileCheck } from '../../../../src/client/doctor/client-files.ts'
import { clientCheck } from '../../../../src/client/doctor/clients.ts'
import { clockCheck } from '../../../../src/client/doctor/clock.ts'
import { directoryCheck, type DirectoryCheckDeps } from '../../../../src/client/doctor/directories.ts'
import { endpointCheck, type Probe } from '../../../../src/client/doctor/endpoint.ts'
import { environmentCheck } from '../../../../src/client/doctor/environment.ts'
import { keyStoreCheck } from '../../../../src/client/doctor/key-store.ts'
import { layerCheck } from '../../../../src/client/doctor/layer.ts'
import { leaseCheck, type LeaseView } from '../../../../src/client/doctor/leases.ts'
import { loginCheck, type LoginView } from '../../../../src/client/doctor/login.ts'
import { outboxCheck } from '../../../../src/client/doctor/outbox.ts'
import { promptCheck } from '../../../../src/client/doctor/prompt.ts'
import { reaperCheck } from '../../../../src/client/doctor/reaper.ts'
import type { Check } from '../../../../src/client/doctor/types.ts'
import type { DirectoryFacts } from '../../../../src/platform/directory-facts.ts'
import { memoryKeyStore } from '../../../../src/platform/keychain/memory.ts'

const NOW = 1_800_000_000_000
const nothing = async (): Promise<void> => undefined

/** `level: says` of each finding, and ` -> what to type`. */
async function said({ look }: Check): Promise<readonly string[]> {
  const findings = await look()
  return findings.map((each) => {
    const mend = each.level === 'ok' || each.mend === undefined ? '' : ` -> ${each.mend}`
    return `${each.level}: ${each.says}${mend}`
  })
}

const answered = (offsetMs?: number): (() => Promise<Probe>) => {
  const offset = offsetMs === undefined ? {} : { offsetMs }
  return async () => ({ kind: 'answered', endpoint: 'https://jit.example', throughProxy: false, ...offset })
}
const unreachable = new JitError(
  'ENDPOINT_UNREACHABLE',
  'The approval endpoint cannot be reached.',
  'Check the network.',
)

describe('clock', () => {
  test.each([
    [0, /^ok: It agrees/],
    [9000, /^ok/],
    [-9000, /^ok/],
    [40_000, /^note: It is 40 seconds ahead/],
    [-40_000, /^note: It is 40 seconds behind/],
  ])('%i ms', async (offset, words) => {
    expect(await said(clockCheck(answered(offset), 'linux'))).toEqual([expect.stringMatching(words)])
  })

  test('beyond what clouds take it is a problem', async () => {
    await expect(clockCheck(answered(-301_000), 'linux').look()).rejects.toMatchObject({ code: 'CLOCK_SKEW' })
  })

  test.each<Probe>([
    { kind: 'unknown' },
    { kind: 'failed', error: unreachable },
    { kind: 'answered', endpoint: '', throughProxy: false },
  ])('nothing to compare with is no problem of the clock: %j', async (probe) => {
    expect(await said(clockCheck(async () => probe, 'linux'))).toEqual([expect.stringMatching(/^note: Not compared/)])
  })

  test('an endpoint that refuses has a clock all the same', async () => {
    const probe: Probe = { kind: 'failed', error: unreachable, offsetMs: 0 }
    expect(await said(clockCheck(async () => probe, 'linux'))).toEqual([expect.stringMatching(/^ok/)])
  })
})

test.each<[Probe, string]>([
  [{ kind: 'unknown' }, 'note: No approval endpoint is known yet. -> jit login ENDPOINT_URL'],
  [{ kind: 'failed', error: unreachable }, 'problem: The approval endpoint cannot be reached. -> Check the network.'],
  [{ kind: 'answered', endpoint: 'https://jit.example', throughProxy: false }, 'ok: https://jit.example answers.'],
  [
    { kind: 'answered', endpoint: 'https://jit.example', throughProxy: true },
    'ok: https://jit.example answers, with the proxy settings of the environment.',
  ],
])('endpoint: %j', async (probe, words) => {
  expect(await said(endpointCheck(async () => probe))).toEqual([words])
})

describe('key store', () => {
  const keyStore = { ...memoryKeyStore(), name: 'Secret Service' }
  const broken = new JitError('SECRET_STORE', 'The Secret Service cannot be used.', 'Choose another.')

  test('one that answers, and the memory of a process', async () => {
    expect(await said(keyStoreCheck(() => ({ keyStore, isMemory: false })))).toEqual([
      'ok: The Secret Service answers.',
    ])
    expect(await said(keyStoreCheck(() => ({ keyStore, isMemory: true })))).toEqual([
      expect.stringMatching(/^note: .*ends with its/),
    ])
  })

  test('one that does not, and a passphrase that is not there', async () => {
    const silent = { ...keyStore, get: () => Promise.reject(broken) }
    await expect(keyStoreCheck(() => ({ keyStore: silent, isMemory: false })).look()).rejects.toBe(broken)
    const asks = { keyStore, isMemory: false, readPassphrase: () => Promise.reject(broken) }
    await expect(keyStoreCheck(() => asks).look()).rejects.toBe(broken)
  })
})

describe('login', () => {
  const login = (more: Partial<LoginView>): LoginView => ({
    endpoint: 'https://jit.example',
    accessTokenExpiresAt: NOW + 1,
    renewsItself: false,
    ...more,
  })
  test.each<[LoginView | undefined, RegExp]>([
    [undefined, /^note: Nobody .*-> jit login$/],
    [{ endpoint: 'https://jit.example', job: 'GitLab CI' }, /^ok: This job logs in to \S+ by itself \(GitLab CI\)/],
    [login({}), /^ok: Logged in/],
    [login({ accessTokenExpiresAt: NOW, renewsItself: true }), /^ok: .*renews/],
    [login({ accessTokenExpiresAt: NOW }), /^note: .*expired\. -> jit login$/],
  ])('%j', async (view, words) => {
    const check = loginCheck({ login: async () => view, clock: { now: () => NOW } })
    expect(await said(check)).toEqual([expect.stringMatching(words)])
  })

  test('behind a key store that is silent it is no second problem; a torn one is', async () => {
    const check = (code: 'SECRET_STORE' | 'STATE_CORRUPT') =>
      loginCheck({ login: () => Promise.reject(new JitError(code, 'No.', '')), clock: { now: () => NOW } })
    expect(await said(check('SECRET_STORE'))).toEqual([expect.stringMatching(/^note/)])
    await expect(check('STATE_CORRUPT').look()).rejects.toMatchObject({ code: 'STATE_CORRUPT' })
  })
})

test.each([
  [false, false, /^ok: Not needed/],
  [true, true, /^ok: It runs/],
  [true, false, /^problem: .* -> jit doctor --fix$/],
])('background process: leases %s, running %s', async (leases, running, words) => {
  const check = reaperCheck({ hasLeases: () => leases, isRunning: async () => running, start: nothing })
  expect(await said(check)).toEqual([expect.stringMatching(words)])
})

describe('scheduler', () => {
  const layer = (state: 'none' | 'absent' | 'stale' | 'installed') => ({
    name: 'systemd user timer',
    describe: () => 'it sweeps',
    isAvailable: () => state !== 'none',
    isThere: async () => state === 'stale' || state === 'installed',
    isInstalled: async () => state === 'installed',
    install: nothing,
    remove: async () => true,
  })
  test.each([
    ['none', false, /^note: There is no service manager/],
    ['absent', false, /^note: .*the next delivery.* -> jit doctor --fix$/],
    ['absent', true, /^note: .*by wish\. -> jit doctor --fix$/],
    ['stale', false, /^problem: .*not run this jit\. -> jit doctor --fix$/],
    ['installed', false, /^ok: it sweeps\.$/],
  ] as const)('%s, unwanted: %s', async (state, unwanted, words) => {
    const program = { file: '/node', args: [], env: {} }
    const check = layerCheck({
      layer: layer(state),
      program,
      install: nothing,
      isUnwanted: () => unwanted,
      isContainer: false,
    })
    expect(await said(check)).toEqual([expect.stringMatching(words)])
  })
})

describe('leases', () => {
  const lease = (more: Partial<LeaseView>): LeaseView => ({
    target: 'prod-db',
    isStuck: false,
    isOver: false,
    isLapsed: false,
    ...more,
  })
  const check = (leases: readonly LeaseView[], unreadable: readonly { file: string; why: string }[] = []) =>
    leaseCheck({ leases: () => leases, unreadable: () => unreadable, sweep: nothing })
  test.each<[Partial<LeaseView>, RegExp]>([
    [{}, /^ok: All/],
    [{ isStuck: true, lastError: 'EROFS' }, /^problem: prod-db: .*\(EROFS\)\. -> jit sweep$/],
    [{ isOver: true }, /^problem: prod-db: .* -> jit sweep$/],
    [{ isLapsed: true }, /^note: prod-db: .* -> jit elevate prod-db$/],
  ])('%j', async (more, words) => {
    expect(await said(check([lease(more)]))).toEqual([expect.stringMatching(words)])
  })

  test('none, and a record that cannot be read', async () => {
    expect(await said(check([]))).toEqual(['ok: No grant is active on this machine.'])
    expect(await said(check([], [{ file: '/state/x.lease', why: 'it is torn' }]))).toEqual([
      'problem: The record /state/x.lease cannot be read (it is torn). -> jit sweep',
    ])
  })
})

test.each([
  [0, /^ok/],
  [1, /^note: 1 grant ended here .* -> jit sweep$/],
  [3, /^note: 3 grants ended/],
])('outbox with %i messages', async (count, words) => {
  expect(await said(outboxCheck(() => count, nothing))).toEqual([expect.stringMatching(words)])
})

describe('directories', () => {
  const fine: DirectoryFacts = { own: { mode: 0o700, uid: 1000, isDirectory: true }, isWritable: true }
  const places = { config: '/config', state: '/state', runtime: '/run' }
  const alone = { home: '/home/me', locks: () => '/tmp/locks', otherMachines: () => 0 }
  const check = (facts: Partial<Record<string, DirectoryFacts>>, more: Partial<DirectoryCheckDeps> = {}) =>
    directoryCheck({
      ...alone,
      places,
      uid: 1000,
      facts: (path) => facts[path] ?? fine,
      close: () => undefined,
      ...more,
    })
  const own = (more: object) => ({ mode: 0o700, uid: 1000, isDirectory: true, ...more })

  test.each<[string, DirectoryFacts, RegExp]>([
    ['/state', fine, /^ok/],
    ['/state', { isWritable: true }, /^ok/],
    [
      '/state',
      { ...fine, own: own({ mode: 0o755 }) },
      /^problem: Others may look into \/state \(755\)\. -> jit doctor --fix$/,
    ],
    ['/state', { ...fine, own: own({ mode: 0o750 }) }, /^problem: Others/],
    ['/config', { ...fine, own: own({ mode: 0o755 }) }, /^note: Others/],
    ['/config', { ...fine, own: own({ mode: 0o775 }) }, /^problem: Others/],
    ['/run', { ...fine, own: own({ uid: 0 }) }, /^problem: \/run belongs to user 0\. -> .*JIT_RUNTIME_DIR/],
    ['/state', { ...fine, own: own({ isDirectory: false }) }, /^problem: \/state is no directory/],
    ['/state', { ...fine, isWritable: false }, /^problem: \/state cannot be written\. -> .*JIT_STATE_DIR/],
    [
      '/state',
      { ...fine, network: 'NFS' },
      /^note: \/state lies on NFS; the locks of this machine lie in \/tmp\/locks\.$/,
    ],
    ['/run', { ...fine, network: 'NFS' }, /^problem: \/run lies on NFS, so private .* -> .*JIT_RUNTIME_DIR/],
    ['/home/me', { ...fine, network: 'SMB' }, /^note: Your home lies on SMB: .* -> .*--deliver process/],
    ['/config', { ...fine, network: 'NFS' }, /^ok/], // settings need no lock
  ])('%s: %j', async (path, facts, words) => {
    expect(await said(check({ [path]: facts }))).toEqual([expect.stringMatching(words)])
  })

  test('no local disk for the locks of a networked home: a directory to name', async () => {
    const nowhere = check({ '/state': { ...fine, network: 'NFS' } }, { locks: () => '/state/m1' })
    expect(await said(nowhere)).toEqual([expect.stringMatching(/^problem: \/state lies on NFS.* -> .*JIT_RUNTIME_DIR/)])
  })

  test.each([
    [1, /^note: Another machine keeps its records in \/state too/],
    [3, /^note: 3 other machines keep their records in \/state too/],
  ])('%i more on this home', async (count, words) => {
    expect(await said(check({}, { otherMachines: () => count }))).toEqual([expect.stringMatching(words)])
  })

  test('Windows has no modes and no uid', async () => {
    const facts: DirectoryFacts = { isWritable: true, own: { mode: 0o666, uid: 0, isDirectory: true } }
    const open = directoryCheck({ ...alone, places, uid: undefined, facts: () => facts, close: () => undefined })
    expect(await said(open)).toEqual([expect.stringMatching(/^ok/)])
  })
})

test('files of clients: each refusal in the words of a delivery, the rest in one line', async () => {
  const check = clientFileCheck(() => [
    { client: 'aws', inspect: async () => ({ exists: true }) },
    { client: 'aws', inspect: () => Promise.reject(new JitError('FILE_UNREADABLE', 'Line 3.', 'Mend it.')) },
    { client: 'az', inspect: async () => ({ exists: true, note: 'It encrypts.' }) },
    { client: 'gcloud', inspect: async () => ({ exists: false }) },
    { client: 'kubectl', inspect: async () => ({ exists: true }) },
  ])
  expect(await said(check)).toEqual([
    'problem: Line 3. -> Mend it.',
    'note: It encrypts.',
    'ok: Readable as the clients read them: aws, kubectl.',
  ])
})

test('clients: what is on PATH and what is not', async () => {
  expect(await said(clientCheck((name) => name === 'aws', 'linux'))).toEqual([
    'ok: On PATH: aws.',
    expect.stringMatching(/^note: Not on PATH: gcloud, az, kubectl\./),
  ])
})

test.each<[string, string, Record<string, string>, RegExp]>([
  ['/home/eve/.bashrc', 'eval "$(jit shell-init bash)"', {}, /^ok: \/home\/eve\/.bashrc/],
  ['/home/eve/.bashrc', '# eval "$(jit shell-init bash)"', {}, /^note/],
  ['/home/eve/.bashrc', 'alias j=jit', {}, /^note/],
  ['/home/eve/.config/fish/config.fish', 'x\njit shell-init fish | source', {}, /^ok/],
  ['/home/eve/z/.zshrc', 'eval "$("$HOME/bin/jit" shell-init zsh)"', { ZDOTDIR: '/home/eve/z' }, /^ok/],
  ['/home/eve/.zshrc', 'eval "$(jit shell-init zsh)"', { ZDOTDIR: '/home/eve/z' }, /^note/],
  ['', '', {}, /^note: No start file/],
  ['', '', { JIT_PROMPT: 'off' }, /^ok: JIT_PROMPT=off/],
])('prompt: %s with %j and %j', async (file, text, env, words) => {
  const read = (path: string): string | undefined => (path === file ? text : undefined)
  expect(await said(promptCheck({ env, home: '/home/eve', read }))).toEqual([expect.stringMatching(words)])
})

test.each<[Record<string, string>, readonly RegExp[]]>([
  [{ HOME: '/home/eve', JIT_PROMPT: '1', JIT_STATE_DIR: '' }, [/^ok/]],
  [{ JIT_STATE_DIR: '/s', JIT_JSON: '1' }, [/^note: Stronger .*: JIT_JSON, JIT_STATE_DIR\.$/]],
  [{ JIT_KEY_STORE: 'keychian' }, [/^problem: .*=keyutils/, /^note: .*JIT_KEY_STORE\.$/]],
  [{ AWS_ACCESS_KEY_ID: 'AKIA' }, [/^note: AWS_ACCESS_KEY_ID is set.* -> unset AWS_ACCESS_KEY_ID$/]],
])('environment: names and never values: %j', async (env, words) => {
  const lines = await said(environmentCheck(env))
  expect(lines).toEqual(words.map((each) => expect.stringMatching(each)))
  expect(lines.join()).not.toMatch(/AKIA|keychian/)
})
