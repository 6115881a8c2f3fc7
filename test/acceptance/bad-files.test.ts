import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { machineId } from '../../src/platform/machine.ts'
import { disk } from '../support/disk.ts'
import { hasNamespaces, jitBehind } from '../support/other-machines.ts'
import type { PersonHome } from '../support/person.ts'
import { refusal, refused } from '../support/refusal.ts'
import { tempDirectory } from '../support/temp-directory.ts'
import { startWorld, type World } from '../support/world.ts'

const USERS_OWN = '[default]\r\naws_access_key_id = AKIAUSER\r\naws_secret_access_key = mine\r\n# a comment'

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
    const result = await refusal(world, at, () => at.jit(...wish))
    expect(result).toEqual(refused(result, 8, said))
  })

  test('our profile name taken in the config file', async () => {
    const at = machine()
    writeFileSync(join(at.home, '.aws/config'), '[profile jit-staging-db]\nrole_arn = arn:aws:iam::1:role/mine\n')
    const result = await refusal(world, at, () => at.jit(...wish))
    expect(result).toEqual(refused(result, 8, /config \(line 1\)/))
  })

  test('a directory in place of the file', async () => {
    const at = machine()
    rmSync(at.credentialsFile)
    mkdirSync(at.credentialsFile)
    const result = await refusal(world, at, () => at.jit(...wish))
    expect(result).toEqual(refused(result, 8, /not a regular file/))
  })

  test('a link to nowhere reachable', async () => {
    const at = machine()
    rmSync(at.credentialsFile)
    execFileSync('ln', ['-s', 'credentials', at.credentialsFile])
    const result = await refusal(world, at, () => at.jit(...wish))
    expect(result).toEqual(refused(result, 8, /credentials/))
  })

  test('a directory in which everybody may replace files', async () => {
    const at = machine()
    chmodSync(join(at.home, '.aws'), 0o777)
    const result = await refusal(world, at, () => at.jit(...wish))
    expect(result).toEqual(refused(result, 8, /everybody may replace files.*\n {5}.*chmod o-w/))
  })

  test.each([
    ['+i', 'immutable'],
    ['+a', 'append-only'],
  ])('a file with chattr %s (%s)', async (attribute) => {
    const at = machine()
    if (spawnSync('chattr', [attribute, at.credentialsFile]).status !== 0) return // this file system has no attributes
    onTestFinished(() => void execFileSync('chattr', [attribute.replace('+', '-'), at.credentialsFile]))
    const result = await refusal(world, at, () => at.jit(...wish))
    expect(result).toEqual(refused(result, 8, /append-only or immutable.*\n {5}.*lsattr/))
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

/** As root does on ext4, XFS and the like. */
const takesAttributes = (() => {
  const probe = tempDirectory()
  const takes =
    spawnSync('chattr', ['+i', probe.path]).status === 0 && spawnSync('chattr', ['-i', probe.path]).status === 0
  probe.remove()
  return takes
})()

describe('what becomes of the credentials file before the wipe', () => {
  const aside = (file: string) => renameSync(file, `${file}.aside`)
  const back = (file: string) => renameSync(`${file}.aside`, file)
  const attribute = (flag: string) => (file: string) => void execFileSync('chattr', [flag, file])
  type Spoilt = [what: string, spoil: (file: string) => void, mend: (file: string) => void, why: RegExp]
  const ATTRIBUTES: Spoilt[] = [
    ['it is made immutable', attribute('+i'), attribute('-i'), /EPERM/],
    ['it is made append-only', attribute('+a'), attribute('-a'), /EPERM/],
  ]
  const pipe = (file: string) => void execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', file])

  test.each<Spoilt>([
    [
      'a directory takes its place',
      (file) => (aside(file), mkdirSync(file)),
      (file) => (rmdirSync(file), back(file)),
      /EISDIR/,
    ],
    [
      'a link to another file takes its place',
      (file) => (aside(file), writeFileSync(`${file}.theirs`, '[theirs]'), symlinkSync(`${file}.theirs`, file)),
      (file) => (unlinkSync(file), back(file)),
      /ELOOP/,
    ],
    [
      'a named pipe takes its place',
      (file) => (aside(file), pipe(file)),
      (file) => (unlinkSync(file), back(file)),
      /pipe/,
    ],
    ...(takesAttributes ? ATTRIBUTES : []),
  ])('%s: said, never taken for done, and wiped when it is mended', async (_what, spoil, mend, why) => {
    const at = machine()
    expect((await at.jit(...wish, '--for', '20m')).code).toBe(0)
    spoil(at.credentialsFile)
    const revoked = await at.jit('revoke', '--all')
    expect([revoked.code, revoked.stderr]).toEqual([8, expect.stringMatching(why)])
    expect((await at.jit('status')).stderr).toMatch(/staging-db: its credentials could not be removed/)
    const theirs = `${at.credentialsFile}.theirs`
    expect(existsSync(theirs) ? readFileSync(theirs, 'utf8') : '[theirs]').toBe('[theirs]')
    mend(at.credentialsFile)
    await at.jit('sweep')
    expect(at.credentials()).toBe(USERS_OWN)
    expect((await at.jit('status', '--json')).stdout).toContain('"grants":[]')
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
    for (const argv of [['targets'], wish]) {
      const result = await refusal(world, at, () => at.jit(...argv))
      expect(result).toEqual(
        refused(result, 8, /The stored login \S+login\.json cannot be read.*\n {5}Log in anew: jit login/),
      )
    }
    expect((await at.logIn()).code).toBe(0)
    expect((await at.jit('targets')).code).toBe(0)
  })

  test('a key of the login that is gone: log in again', async () => {
    const at = machine()
    rmSync(join(at.home, '.local/state/jit/keys'), { recursive: true })
    const result = await refusal(world, at, () => at.jit('targets'))
    expect(result).toEqual(refused(result, 4, /key of the stored login is gone.*\n {5}Type: jit login/))
  })

  test('a wrong passphrase', async () => {
    const at = machine()
    writeFileSync(join(at.home, 'passphrase'), 'wrong')
    const result = await refusal(world, at, () => at.jit('targets'))
    expect(result).toEqual(refused(result, 8, /passphrase does not open/))
  })

  test('corrupt settings stop login, which would write over them', async () => {
    const at = machine({ JIT_KEY_STORE: '' })
    writeFileSync(join(at.home, '.config/jit/config.json'), '{"endpoint":')
    const result = await refusal(world, at, () => at.jit('login'))
    expect(result).toEqual(refused(result, 2, /config\.json cannot be read \(it is not JSON\).*\n {5}Mend it/))
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

  const entryOf = (at: PersonHome): string => {
    const state = join(at.home, '.local/state/jit')
    const names = readdirSync(state, { recursive: true, encoding: 'utf8' })
    return join(state, names.find((name) => name.endsWith('.lease')) ?? '')
  }

  test('a lease of a newer jit is shown and kept, and its credentials can still be ended', async () => {
    const at = machine()
    expect((await at.jit(...wish, '--for', '20m')).code).toBe(0)
    const entry = entryOf(at)
    writeFileSync(entry, readFileSync(entry, 'utf8').replace(/"version": ?1/, '"version":9'))
    expect((await at.jit('status')).stderr).toContain('it is of version 9')
    expect((await at.jit('revoke', '--all')).code).toBe(0)
    expect([at.credentials(), existsSync(entry)]).toEqual([USERS_OWN, true])
  })

  test.skipIf(!hasNamespaces)(
    "an entry of another user keeps none of one's own from its end, and is shown",
    async () => {
      const at = machine()
      const theirs = join(at.home, '.local/state/jit', machineId(), 'leases', 'g_theirs.lease')
      mkdirSync(dirname(theirs), { recursive: true, mode: 0o700 })
      execFileSync('chown', ['-R', '54321', at.home])
      chmodSync(world.directory, 0o755)
      const asUser = (...args: readonly string[]) =>
        jitBehind(at, ['setpriv', '--reuid', '54321', '--clear-groups'], args).done
      expect((await asUser(...wish, '--for', '20m')).code).toBe(0)
      writeFileSync(theirs, '{}', { mode: 0o600 })
      expect(await asUser('status')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('staging-db'),
        stderr: expect.stringMatching(/g_theirs\.lease cannot be read \(it cannot be opened \(EACCES\)\)/),
      })
      expect((await asUser('revoke', 'staging-db')).code).toBe(0)
      expect([at.credentials(), existsSync(theirs)]).toEqual([USERS_OWN, true])
    },
  )

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
