import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromIni } from '@aws-sdk/credential-providers'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { PersonHome } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

/** v1 where pip brought it, and Debian's v2, which listens to `--endpoint-url` alone. */
const CLIENTS = ['aws', '/usr/bin/aws'].filter((program) => spawnSync(program, ['--version']).status === 0)

let world: World
let alice: PersonHome

beforeAll(async () => {
  world = await startWorld()
  alice = await world.loggedIn('alice')
})
afterAll(() => world.close())

const config = (): string => join(alice.home, '.aws/config')
async function elevate(...flags: string[]): Promise<void> {
  const { code, stderr } = await alice.jit('elevate', 'staging-db', '--for', '20m', '--reason', 'x', ...flags)
  expect([code, stderr]).toEqual([0, expect.stringContaining('is yours until')])
}
const read = (client: string, ...flags: string[]) =>
  alice.run(client, '--endpoint-url', world.aws.url, ...flags, 's3', 'cp', 's3://orders/today.csv', '-')
const WORKS = { code: 0, stdout: 'id,total\n1,42\n' }

const CREDENTIALS = '[default]\r\naws_access_key_id = AKIAUSER\r\naws_secret_access_key = mine\r\n# a comment'
const CONFIG = '# mine\n[default]\noutput = table\n[profile other]\nregion = x\n'
function own(credentials = CREDENTIALS, settings = CONFIG): void {
  alice.writeCredentials(credentials)
  writeFileSync(config(), settings)
  onTestFinished(async () => {
    await alice.jit('revoke', '--all')
    expect([alice.credentials(), readFileSync(config(), 'utf8')]).toEqual([credentials, settings])
  })
}

/** Files with a key of the cloud in them, in the clear. */
const inTheClear = (): readonly string[] =>
  readdirSync(alice.home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /ASIA\w{12}/.test(readFileSync(join(entry.parentPath, entry.name), 'latin1')))
    .map((entry) => join(entry.parentPath, entry.name))

describe('mode process', () => {
  test('real clients and the JavaScript SDK get keys that lie on disk sealed only; afterwards they are told what to type', async () => {
    own()
    await elevate('--deliver', 'process')
    expect(inTheClear()).toEqual([])
    for (const client of CLIENTS) expect(await read(client, '--profile', 'jit-staging-db')).toMatchObject(WORKS)
    const served = JSON.parse((await alice.jit('credential-process', 'staging-db')).stdout)
    expect(served).toMatchObject({ Version: 1, AccountId: '123456789012' })
    expect(await sdkKeys()).toMatchObject({ accessKeyId: served.AccessKeyId, accountId: '123456789012' })

    await alice.jit('revoke', 'staging-db')
    expect(await alice.jit('credential-process', 'staging-db')).toMatchObject({ code: 9, stdout: '' })
    for (const client of CLIENTS)
      expect((await read(client, '--profile', 'jit-staging-db')).stderr).toMatch(/jit-staging-db/)
    expect(
      existsSync(join(alice.home, '.local/state/jit/keys'))
        ? readdirSync(join(alice.home, '.local/state/jit/keys'))
        : [],
    ).not.toContainEqual(expect.stringContaining('lease-'))
  })

  test('a sealed file whose key is gone: the client says our sentence, and no key', async () => {
    own()
    await elevate('--deliver', 'process')
    const [sealed = ''] = readdirSync(join(alice.home, '.run/jit/grants'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('aws.sealed'))
      .map((name) => join(alice.home, '.run/jit/grants', name))
    const text = readFileSync(sealed, 'utf8')
    writeFileSync(
      sealed,
      text.replace(/"sealed": "(.)/, (_all, first: string) => `"sealed": "${first === 'A' ? 'B' : 'A'}`),
    )
    for (const client of CLIENTS)
      expect((await read(client, '--profile', 'jit-staging-db')).stderr).toMatch(
        /cannot be opened: it was changed[^]*jit elevate/,
      )
  })

  /** The JavaScript SDK in a process of its own, because it reads HOME and starts `credential_process` with its environment. */
  async function sdkKeys(): Promise<unknown> {
    const sdk = import.meta.resolve('@aws-sdk/credential-providers')
    const script = `import(${JSON.stringify(sdk)}).then(async (sdk) => console.log(JSON.stringify(await (sdk.fromIni ?? sdk.default.fromIni)({ profile: 'jit-staging-db' })())))`
    expect(fromIni).toBeTypeOf('function')
    const { stdout, stderr } = await alice.run(process.execPath, '-e', script)
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout)
  }
})

describe.each(['files', 'process'])('--as-default, delivered as %s', (mode) => {
  test.each([
    ['keys in [default]', CREDENTIALS, CONFIG],
    ['no files worth mentioning', '', ''],
    [
      'a default that assumes a role',
      '[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = b\n',
      '[default]\nrole_arn = arn:aws:iam::123456789012:role/own\nsource_profile = base\nregion = us-east-1\n',
    ],
    [
      'a default of single sign-on',
      '',
      '[profile default]\nsso_start_url = https://x\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r\n',
    ],
  ])(
    '%s: plain aws works with the grant, then the user has his own back to the byte',
    async (_what, credentials, settings) => {
      own(credentials, settings)
      await elevate('--deliver', mode, '--as-default')
      for (const client of CLIENTS) expect(await read(client)).toMatchObject(WORKS)
      const kept = /\[(default-kept-by-jit-[^\]]+)\]/.exec(alice.credentials() ?? '')?.[1]
      expect(kept !== undefined).toBe(credentials.includes('[default]'))
      const asBefore = kept === undefined ? '' : 'AKIAUSER\n'
      for (const client of CLIENTS) {
        const own = await alice.run(client, 'configure', 'get', 'aws_access_key_id', '--profile', kept ?? 'none')
        expect(own.stdout).toBe(asBefore)
      }
    },
  )

  test('what aws configure writes meanwhile, for the default and for others, is his own afterwards', async () => {
    alice.writeCredentials('[default]\naws_access_key_id = AKIAUSER\naws_secret_access_key = mine\n')
    writeFileSync(config(), '[default]\nregion = us-east-1\n')
    await elevate('--deliver', mode, '--as-default')
    const [client = ''] = CLIENTS
    const set = (...args: string[]) => alice.run(client, 'configure', 'set', ...args)
    await set('output', 'table')
    await set('region', 'mars', '--profile', 'other')
    await set('aws_secret_access_key', 'new')
    await alice.jit('revoke', '--all')
    expect(alice.credentials()).toBe('[default]\naws_access_key_id = AKIAUSER\naws_secret_access_key = new\n')
    expect(readFileSync(config(), 'utf8')).toBe(
      '[default]\nregion = us-east-1\noutput = table\n[profile other]\nregion = mars\n',
    )
  })
})
