/**
 * `npm run demo`: the main job, start to end, in a company on loopback: a real OpenID provider, the built endpoint on SQLite,
 * strict simulators of AWS, Google Cloud, Azure and a Kubernetes cluster, and home directories of its own. Touches nothing
 * outside a temporary directory and leaves nothing behind. At a terminal it pauses where a person would look.
 */
import path from 'node:path'
import { type CloudWorld, startCloudWorld } from '../support/cloud-world.ts'
import { eventually } from '../support/eventually.ts'
import { launch } from '../support/launch.ts'
import { installed } from '../support/real-client.ts'
import { runEndpoint } from '../support/run-endpoint.ts'
import { stock } from '../support/stocked-home.ts'
import { changes, hashesOf } from '../support/watched-files.ts'
import { POLICY } from '../support/world.ts'
import { leafLine } from './leaf-line.ts'
import { createStage, type Stage } from './stage.ts'

const OWN_KEYS = `# my own keys
[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
`
const SECONDS = 20
const TARGETS = [
  { name: 'staging-db', description: 'Staging database', clouds: ['aws'], labels: ['env=staging'], maxDuration: '8h' },
  { name: 'prod-db', description: 'Production, in all clouds', clouds: ['aws', 'gcp', 'azure', 'kubernetes'] },
] as const
/** The vendors' own programs, which nobody tells of jit. */
const CLIENTS: readonly (readonly [string, ...string[]])[] = [
  ['aws', '--profile', 'jit-prod-db', 's3', 'ls', 's3://orders'],
  ['gcloud', '--configuration=jit-prod-db', 'projects', 'list'],
  ['az', 'group', 'list', '--subscription', 'jit-prod-db', '--output', 'table'],
  ['kubectl', '--context', 'jit-prod-db', 'get', 'pods'],
]

const coloured = process.stdout.isTTY || process.env['FORCE_COLOR'] !== undefined
const world = await startCloudWorld({ targets: TARGETS, policy: POLICY })
const home = path.join(world.directory, 'homes/alice')
const stage = createStage(process.stdin, process.stdout, { coloured, home })
try {
  await play(world, stage)
} finally {
  stage.close()
  await world.close()
}

async function play(world: CloudWorld, { scene, say, command, file, pause, check }: Stage): Promise<void> {
  const colour: Readonly<Record<string, string>> = coloured ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }
  const alice = world.person('alice', colour)
  const bob = world.person('bob', colour)
  await stock(world, alice)
  alice.writeCredentials(OWN_KEYS)
  const files = () => hashesOf(alice.home, 'but for noise')
  const before = files()
  const clients = CLIENTS.filter(([program]) => installed(program))
  const aws = clients.some(([program]) => program === 'aws')
  for (const [program] of CLIENTS)
    if (!installed(program)) say(`(${program} is not installed here: its part is left out.)`)

  scene('A company on loopback')
  say(`identity provider  ${world.idp.issuer}`)
  say(`jit-endpoint       ${world.endpoint.url}   SQLite, policy in Cedar, no cloud secret`)
  say(`AWS, Google, Azure ${world.network.proxyUrl}   strict simulators under the real host names, behind a proxy`)
  say(`Kubernetes         ${world.kubernetes.url}`)
  say(`Alice's home       ~ from here on`)

  scene('Before: Alice has keys, configurations, subscriptions and contexts of her own. Among them this file')
  file(alice.credentialsFile)
  await pause()

  scene('Alice logs in. A robot plays her at the browser')
  await command('alice', alice.startLogin())
  await command('alice', alice.start('targets'))
  await pause()

  scene(`Staging is approved by policy. ${SECONDS} seconds, so that we can watch it end`)
  await command('alice', alice.start('elevate', 'staging-db', '--for', `${SECONDS}s`, '--reason', 'slow query'))
  const ends = Number(/exp=(\d+)/.exec(alice.credentials() ?? '')?.[1]) * 1000
  const gone = untilGone(() => alice.credentials() ?? '', 'jit-staging-db').then(() => Date.now())
  gone.catch(() => undefined) // told where it is awaited
  file(alice.credentialsFile)
  const stolen = copyOfKeys(alice.credentials() ?? '', alice.env)
  const s3 = ['s3', 'ls', 's3://orders']
  if (aws) {
    const { code } = await command('alice', alice.startOther('aws', '--profile', 'jit-staging-db', ...s3))
    check('accepted by the cloud', code === 0)
  }
  await command('alice', alice.start('status'))
  await pause()

  scene('Production needs a person. Alice asks and waits, Bob approves')
  const asking = alice.start('elevate', 'prod-db', '--for', '30m', '--reason', 'slow query')
  const [, id = ''] = await asking.says(/request (r_\w+)/)
  await bob.logIn()
  await command('bob', bob.start('requests', '--to-review'))
  await command('bob', bob.start('approve', id))
  await command('alice', asking)
  await pause()

  scene('One grant opens four clouds, to the programs that Alice has always used')
  for (const client of clients) {
    const { code } = await command('alice', alice.startOther(...client))
    check('accepted by the cloud', code === 0)
  }
  await command('alice', alice.start('status'))
  await command('alice', alice.start('revoke', 'prod-db'))
  for (const client of clients) {
    const { code } = await command('alice', alice.startOther(...client))
    check('there is nothing left to use', code !== 0)
  }
  await pause()

  scene('The time of staging is up. Nobody types anything')
  const late = ((await gone) - ends) / 1000
  say(late <= 0 ? 'Gone within the second in which it ended.' : `Gone ${late.toFixed(1)} s after its end.`)
  file(alice.credentialsFile)
  // For a tenth of a second jit keeps the file of before within reach of programs that had it open.
  const differences = await eventually<readonly string[]>(() => changes(before, files()), [])
  check(`${before.size} files of four clients are what they were, byte for byte`, differences.length === 0)
  for (const difference of differences) say(difference)
  if (aws) {
    await new Promise((resolve) => void setTimeout(resolve, Math.max(0, ends - Date.now())))
    say('Somebody copied the keys while they lived. AWS refuses them too: the session carries the end of the grant.')
    const thief = await command('thief', launch('aws', s3, stolen))
    check('refused by the cloud', thief.code !== 0 && thief.stderr.includes('AccessDenied'))
  }
  await pause()

  scene('What the endpoint remembers')
  const log = await runEndpoint(['audit', 'export', '--config', world.endpoint.config])
  for (const line of log.stdout.trimEnd().split('\n')) say(leafLine(line))
  const verified = await runEndpoint(['audit', 'verify', '--config', world.endpoint.config])
  check(verified.stderr.trim().replace(/ --config .*$/, ''), verified.code === 0)
}

/** What a thief would have: the keys in environment variables, without the file. */
function copyOfKeys(text: string, env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const block = text.slice(text.indexOf('[jit-staging-db]'))
  const value = (key: string): string => new RegExp(`^${key} = (.+)$`, 'm').exec(block)?.[1] ?? ''
  return {
    ...env,
    AWS_ACCESS_KEY_ID: value('aws_access_key_id'),
    AWS_SECRET_ACCESS_KEY: value('aws_secret_access_key'),
    AWS_SESSION_TOKEN: value('aws_session_token'),
    AWS_DEFAULT_REGION: 'eu-central-1',
  }
}

/** Watches like a person would; a reaper that never comes fails the demo. */
async function untilGone(read: () => string, text: string): Promise<void> {
  const giveUp = Date.now() + (SECONDS + 30) * 1000
  while (read().includes(text)) {
    if (Date.now() > giveUp) throw new Error(`${text} is still in the credentials file`)
    await new Promise((resolve) => void setTimeout(resolve, 100))
  }
}
