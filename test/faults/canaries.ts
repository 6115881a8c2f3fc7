import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret } from '../../src/base/secret.ts'
import { loginStore } from '../../src/client/identity/store.ts'
import { list, object, string } from '../../src/contract/narrow.ts'
import { passphraseFileKeyStore } from '../../src/platform/keychain/passphrase-file.ts'
import { systemRandom } from '../../src/platform/random.ts'
import { approveInBrowser } from '../support/browser-robot.ts'
import { hasOpenssl } from '../support/certificate.ts'
import { type CloudWorld, startCloudWorld } from '../support/cloud-world.ts'
import { filesHolding } from '../support/disk.ts'
import { eventually } from '../support/eventually.ts'
import type { Ended } from '../support/launch.ts'
import type { PersonHome } from '../support/person.ts'
import { runEndpoint } from '../support/run-endpoint.ts'
import { leaks } from './canary-search.ts'
import { seededLeaks } from './canary-leaks.ts'
import type { Figure } from './figure.ts'
import { JIT, missing, STRACE } from './tools.ts'
import { type Canary, filesBelow } from './traced-files.ts'
import { type TracedShell, tracedShell } from './traced-shell.ts'

const ELEVATE = '--for 30m --reason canary --json'
/** The commands that a person types around a grant; `T` is a target. */
const AROUND = [
  'status',
  'status --json',
  'whoami --json',
  'targets --json',
  'requests --json',
  'doctor --json',
  'elevate T --explain --reason x --json',
  'elevate nowhere --reason x',
  'exec T -- true',
  'exec T -- sh -c "exit 3"',
  'env T --json',
]
const ANSWERS = ['credential-process T', 'gcp-credential T', 'kube-credential T']
/** Secrets: four of the login, and of each target those of four clouds, as far as its way of delivery lets them be read. */
const LEAST = 20
/** One target for each way of delivery. */
const TARGETS = ['everything', 'sealed', 'apart']

/** R9: real secrets of four clouds and of a login; who met them, and where they lay, by the kernel's own account. */
export async function canaries(): Promise<readonly Figure[]> {
  const notRun = missing(STRACE, ['bash', '--version']) ?? (hasOpenssl ? undefined : 'openssl is not here')
  const figure = { row: 'R9', what: 'secrets where none may be', least: LEAST }
  if (notRun !== undefined) return [{ ...figure, count: 0, found: [], notRun }]
  const world = await startCloudWorld()
  try {
    return [await wholeLife(world), await seededLeaks(world)]
  } finally {
    await world.close()
  }
}

async function wholeLife(world: CloudWorld): Promise<Figure> {
  const alice = world.person('alice')
  const before = filesBelow(alice.home)
  const shell = tracedShell(join(world.directory, 'traced'), { ...alice.env, JIT_DEBUG: '1' })
  const seen = new Watch(alice)
  const said: Ended[] = [await loggedIn(shell, world, alice)]
  await seen.login()
  const jit = async (args: string): Promise<void> =>
    void said.push(await shell.run(`'${process.execPath}' '${JIT}' ${args}`))
  for (const target of TARGETS) {
    await jit(`elevate ${target} ${ELEVATE}`)
    for (const command of ANSWERS) {
      const asked = `'${process.execPath}' '${JIT}' ${command.replace('T', target)}`
      seen.answer(await shell.run(asked, { answers: true }), target)
    }
    await seen.grants(shell)
    for (const args of AROUND) await jit(args.replaceAll('T', target))
  }
  await seen.login()
  for (const args of ['revoke everything --json', 'sweep --json', 'revoke --all', 'whoami', 'logout --json'])
    await jit(args)
  const audit = await runEndpoint(['audit', 'export', '--config', world.endpoint.config])
  const calls = await shell.close()
  const canaries = seen.canaries()
  const failed = said.filter(({ code }) => code === 1).map(({ stderr }) => `a bug of jit: ${stderr}`)
  const texts: readonly (readonly [string, string])[] = [
    ['the log of the endpoint', world.endpoint.log()],
    ['the audit export', audit.stdout],
    ...said.map(({ stdout, stderr }) => ['what a command said', stdout + stderr] as const),
  ]
  const found = [
    ...leaks({ calls, canaries, home: alice.home, before, moments: seen.moments }),
    ...texts.flatMap(([where, text]) =>
      canaries.filter((each) => text.includes(each.text)).map(({ name }) => `said: ${name} in ${where}`),
    ),
    ...filesHolding(
      alice.home,
      canaries.map(({ text }) => text),
    ).map((file) => `left in ${file}`),
    ...failed,
  ]
  const what = `secrets in ${calls.length} calls of ${said.length + TARGETS.length * ANSWERS.length} commands`
  return { row: 'R9', what, count: canaries.length, least: LEAST, found }
}

async function loggedIn(shell: TracedShell, world: CloudWorld, alice: PersonHome): Promise<Ended> {
  const approve = async (stderr: string): Promise<void> => {
    const url = (): string => /(http:\/\/127\.0\.0\.1:\d+\/device\S*user_code=\S+)/.exec(textOf(stderr))?.[1] ?? ''
    await eventually(() => url() !== '', true)
    await approveInBrowser(url(), alice.login)
  }
  const login = `'${process.execPath}' '${JIT}' login '${world.endpoint.url}' --device`
  const ended = await shell.run(login, { onStderr: approve })
  if (ended.code !== 0) throw new Error(ended.stderr)
  return ended
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const readStatus = object({
  grants: list(object({ entries: list(object({ cloud: string, secretPlaces: list(string) })) })),
})

/** What is secret in the files and answers of the clouds: keys, tokens, and of a JWT the part that nobody can guess. */
const SECRETS: Readonly<Record<string, RegExp>> = {
  'AWS secret key': /(?:aws_secret_access_key\s*=\s*|"SecretAccessKey":\s*")([^\s"]+)/gi,
  'AWS session token': /(?:aws_session_token\s*=\s*|"SessionToken":\s*")([^\s"]+)/gi,
  'Google token': /(ya29\.[\w.-]{16,})/g,
  'Azure token': /"secret":\s*"([^"]{16,})"/g,
  'signature of a token': /eyJ[\w-]+\.eyJ[\w-]+\.([\w-]{16,})/g,
}

/** Learns the secrets while they live. */
class Watch {
  readonly #alice: PersonHome
  readonly #found = new Map<string, string>()
  /** When which files of the home held secrets, to hold the trace against. */
  readonly moments: { readonly at: number; readonly files: readonly string[] }[] = []

  constructor(alice: PersonHome) {
    this.#alice = alice
  }

  canaries(): readonly Canary[] {
    return [...this.#found].map(([text, name]) => ({ name, text }))
  }

  async login(): Promise<void> {
    const state = join(this.#alice.home, '.local/state/jit')
    const passphrase = readFileSync(join(this.#alice.home, 'passphrase'), 'utf8')
    const keyStore = passphraseFileKeyStore(join(state, 'keys'), async () => new Secret(passphrase))
    const login = await loginStore({ stateDirectory: state, keyStore, random: systemRandom }).load()
    if (login?.refreshToken === undefined) throw new Error('no login with a refresh token')
    this.#found.set(login.refreshToken, 'refresh token').set(login.dpopKey.d, 'DPoP key')
    for (const part of login.accessToken.split('.').slice(1)) this.#found.set(part, 'access token')
  }

  answer({ stdout }: Ended, target: string): void {
    this.#learn(stdout, `${target}, answer`)
  }

  async grants(shell: TracedShell): Promise<void> {
    const { stdout } = await shell.run(`'${process.execPath}' '${JIT}' status --json`)
    for (const { entries } of readStatus(JSON.parse(stdout), 'status').grants)
      for (const { cloud, secretPlaces } of entries) for (const place of secretPlaces) this.#learn(textOf(place), cloud)
    const files = filesHolding(this.#alice.home, [...this.#found.keys()])
    this.moments.push({ at: Date.now() / 1000, files: files.toSorted() })
  }

  #learn(text: string, where: string): void {
    for (const [name, pattern] of Object.entries(SECRETS))
      for (const [, secret = ''] of text.matchAll(pattern)) this.#found.set(secret, `${name} (${where})`)
  }
}
