import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import { loginStore } from '../../src/client/identity/store.ts'
import { passphraseFileKeyStore } from '../../src/platform/keychain/passphrase-file.ts'
import { systemRandom } from '../../src/platform/random.ts'
import { filesHolding } from '../support/disk.ts'
import type { Ended } from '../support/launch.ts'
import type { PersonHome } from '../support/person.ts'
import { watchCommandLines } from '../support/watch-processes.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

/** What the sealed login holds, opened with the passphrase. */
async function secretsOfLogin({ home }: PersonHome): Promise<readonly string[]> {
  const state = join(home, '.local/state/jit')
  const passphrase = readFileSync(join(home, 'passphrase'), 'utf8')
  const keyStore = passphraseFileKeyStore(join(state, 'keys'), async () => new Secret(passphrase))
  const login = await loginStore({ stateDirectory: state, keyStore, random: systemRandom }).load()
  if (login?.refreshToken === undefined) throw new Error('no login with a refresh token')
  return [login.refreshToken, ...login.accessToken.split('.').slice(1), login.dpopKey.d, passphrase]
}

test('no key, token or passphrase is said, logged, shown in ps, or left where another could read it', async () => {
  const [alice, bob] = [world.person('alice'), world.person('bob')]
  const commandLines = watchCommandLines(world.directory)
  const said: Ended[] = []
  const secrets: string[] = []
  const jit = async (person: PersonHome, ...args: string[]): Promise<Ended> => {
    const ended = await person.jit(...args)
    said.push(ended)
    return ended
  }
  said.push(await alice.logIn(), await bob.logIn())
  for (const person of [alice, bob]) secrets.push(...(await secretsOfLogin(person)))

  const waiting = alice.start('elevate', 'prod-db', '--for', '20m', '--reason', 'canary', '--json')
  const [, id = ''] = await waiting.says(/\(request (r_\w{26})\)/)
  await jit(bob, 'requests', '--to-review')
  await jit(bob, 'approve', id, '--json')
  const elevated = await waiting.done
  said.push(elevated)
  expect(elevated.code).toBe(0)

  const { SecretAccessKey, SessionToken } = JSON.parse((await alice.jit('credential-process', 'prod-db')).stdout)
  secrets.push(SecretAccessKey, SessionToken)
  for (const secret of secrets) expect(secret.length).toBeGreaterThan(8)
  expect(filesHolding(world.directory, [SecretAccessKey])).toEqual([alice.credentialsFile])
  expect(statSync(alice.credentialsFile).mode & 0o077).toBe(0)

  await jit(alice, 'status')
  await jit(alice, 'elevate', 'staging-db', '--explain', '--reason', 'x')
  await jit(alice, 'elevate', 'nowhere', '--reason', 'x')
  said.push(await alice.run(process.execPath, 'bin/jit.js', 'whoami'))
  await jit(alice, 'revoke', '--all', '--json')
  await jit(alice, 'logout')
  await jit(bob, 'logout')
  const shown = commandLines.stop()
  expect(shown.some((line) => line.includes('jit.js elevate'))).toBe(true)
  expect(shown.some((line) => line.includes('jit-endpoint.js serve'))).toBe(true)

  const texts = [...said.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...shown, world.endpoint.log()]
  for (const secret of secrets) expect(texts.filter((text) => text.includes(secret))).toEqual([])
  for (const text of texts) expect(text).not.toMatch(/eyJ[\w-]{10,}\.[\w-]{10,}\./)
  const kept = filesHolding(world.directory, secrets)
  expect(kept.toSorted()).toEqual([alice, bob].map(({ home }) => join(home, 'passphrase'))) // the people's own files
})

test('nothing of jit and its endpoint can be read by others', () => {
  const isOpen = (path: string, bit: number): boolean => (statSync(path).mode & bit) !== 0
  const entries = readdirSync(world.directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && /\/(jit|data|\.aws)(\/|$)/.test(entry.parentPath))
  expect(files.length).toBeGreaterThan(5)
  const readable = files.filter(
    ({ parentPath, name }) => isOpen(join(parentPath, name), 0o044) && isOpen(parentPath, 0o011),
  )
  expect(readable.map(({ parentPath, name }) => join(parentPath, name))).toEqual([])
})
