import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { EXIT_CODE } from '../../src/base/errors.ts'
import { list, object, string } from '../../src/contract/narrow.ts'
import { leaseStoreOf } from '../support/aged-slice.ts'
import { eventually } from '../support/eventually.ts'
import type { Running } from '../support/launch.ts'
import type { PersonHome } from '../support/person.ts'
import { killReapersOf } from '../support/reapers.ts'
import { runEndpoint } from '../support/run-endpoint.ts'
import { startWorld, type World } from '../support/world.ts'
import { bestOfSeries, type Figure, type Form } from './figure.ts'
import { messageAfterPowerLoss } from './offline-power.ts'
import { JIT, missing, STRACE } from './tools.ts'

/** BARS R10. */
const GONE_MS = 1000
const HELD_UP_MS = 1500
const LOOK_MS = 5
const ROUNDS: Readonly<Record<Form, number>> = { short: 6, long: 60 }

/** The ways in which an endpoint is away: nobody listens, or somebody listens and never answers. */
const AWAY: Readonly<Record<string, { leave(world: World): Promise<void>; back(world: World): Promise<void> }>> = {
  'nobody listens': {
    leave: ({ endpoint }) => endpoint.stop('SIGKILL'),
    back: ({ endpoint }) => endpoint.start(),
  },
  'it never answers': {
    leave: async ({ endpoint }) => void process.kill(endpoint.pid(), 'SIGSTOP'),
    back: async ({ endpoint }) => void process.kill(endpoint.pid(), 'SIGCONT'),
  },
}

const readGrants = object({ grants: list(object({ grant: string })) })

/** R10: `jit revoke` while the endpoint is away, and what becomes of the message. */
export async function revokeOffline(form: Form): Promise<readonly Figure[]> {
  const world = await startWorld()
  try {
    const alice = await world.loggedIn('alice')
    return [
      await bestOfSeries(() => rounds(world, alice, form)),
      await heldUp(world, alice),
      ...(await messageAfterPowerLoss(form)),
    ]
  } finally {
    await world.close()
  }
}

async function rounds(world: World, alice: PersonHome, form: Form): Promise<Figure> {
  const took: number[] = []
  const found: string[] = []
  for (let round = 0; round < ROUNDS[form]; round++) {
    const [name, away] = Object.entries(AWAY)[round % 2] ?? []
    if (away === undefined) break
    const isKilled = round % 4 > 1
    const grant = await elevated(alice)
    await away.leave(world)
    const start = performance.now()
    const running = alice.start('revoke', '--all', '--json')
    await gone(alice)
    took.push(performance.now() - start)
    if (isKilled) running.kill('SIGKILL')
    found.push(...(await queued(alice, running, grant, isKilled)).map((each) => `${name}: ${each}`))
    await away.back(world)
    found.push(...(await delivered(world, alice, grant)).map((each) => `${name}: ${each}`))
  }
  const [median, most] = [took.toSorted((a, b) => a - b)[took.length >> 1] ?? Number.NaN, Math.max(...took)]
  // of the median: a busy machine may hold up one start of a program, a slow `revoke` is slow each time
  const late = median <= GONE_MS ? [] : [`gone after ${Math.round(median)} ms, reach ${GONE_MS}`]
  const what = `\`revoke\` offline: gone after ${Math.round(median)} ms (most ${Math.round(most)}); told later`
  return {
    row: 'R10',
    what,
    count: took.length,
    least: ROUNDS[form],
    found: [...found, ...late],
    isOnlyLate: found.length === 0,
  }
}

/** What must hold once the process is gone, by itself or by SIGKILL. */
async function queued(
  alice: PersonHome,
  running: Running,
  grant: string,
  isKilled: boolean,
): Promise<readonly string[]> {
  const { code, stderr } = await running.done
  return [
    ...(isKilled || code === EXIT_CODE.REVOKE_UNCONFIRMED ? [] : [`exit ${code}: ${stderr}`]),
    ...(outbox(alice).includes(`${grant}.json`) ? [] : [`${grant} is not queued`]),
    ...(holdsSecret(alice) ? ['the secret is back'] : []),
  ]
}

/** The next jit that is online tells the endpoint, which then has it in its log. */
async function delivered(world: World, alice: PersonHome, grant: string): Promise<readonly string[]> {
  const isEmpty = async (): Promise<boolean> => {
    await alice.jit('targets')
    return outbox(alice).length === 0
  }
  // sooner than the 30 seconds after which a message that failed is tried again in any case
  if (!(await eventually(isEmpty, true, { withinMs: 20_000 })))
    return [`${grant} is still queued when the endpoint is back`]
  const { stdout } = await runEndpoint(['audit', 'export', '--config', world.endpoint.config])
  const isLogged = stdout
    .split('\n')
    .some((line) => line.includes('"grant.ended"') && line.includes(grant) && line.includes('"revoked"'))
  return isLogged ? [] : [`the endpoint does not know that ${grant} was revoked`]
}

/** The counter-proof: a `revoke` that takes its time must be seen to. */
async function heldUp(world: World, alice: PersonHome): Promise<Figure> {
  const figure = { row: 'R10', what: `counter-proof: a \`revoke\` held up for ${HELD_UP_MS} ms`, least: 1 }
  const notRun = missing(STRACE)
  if (notRun !== undefined) return { ...figure, count: 0, found: [], notRun }
  await elevated(alice)
  await world.endpoint.stop('SIGKILL')
  const slow = `inject=rename:delay_enter=${HELD_UP_MS * 1000}:when=1`
  const args = [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    'trace=rename',
    '-e',
    slow,
    process.execPath,
    JIT,
    'revoke',
    '--all',
  ]
  const start = performance.now()
  const running = alice.startOther('strace', ...args)
  await gone(alice)
  const took = performance.now() - start
  await running.done
  await world.endpoint.start()
  return { ...figure, count: 1, found: took > GONE_MS ? [] : [`looked like ${Math.round(took)} ms`] }
}

/** A grant whose reaper is dead, so that nothing but `revoke` can end it. */
async function elevated(alice: PersonHome): Promise<string> {
  const { code, stdout, stderr } = await alice.jit(
    'elevate',
    'staging-db',
    '--for',
    '1h',
    '--reason',
    'faults',
    '--json',
  )
  if (code !== 0 || !holdsSecret(alice)) throw new Error(`no grant, so nothing would be proved: ${stderr}`)
  await eventually(() => killReapersOf(alice.home).length, 1)
  return readGrants(JSON.parse(stdout), 'elevate').grants[0]?.grant ?? ''
}

const holdsSecret = (alice: PersonHome): boolean => alice.credentials()?.includes('aws_session_token') === true

async function gone(alice: PersonHome): Promise<void> {
  const limit = performance.now() + 10 * GONE_MS
  while (holdsSecret(alice) && performance.now() < limit) await pause(LOOK_MS)
}

function outbox(alice: PersonHome): readonly string[] {
  const directory = join(leaseStoreOf(alice).directory, '..', 'outbox')
  return existsSync(directory) ? readdirSync(directory) : []
}
