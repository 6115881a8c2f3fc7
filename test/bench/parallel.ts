import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ageSlices, leaseStoreOf } from '../support/aged-slice.ts'
import { eventually } from '../support/eventually.ts'
import type { Ended } from '../support/launch.ts'
import type { PersonHome } from '../support/person.ts'
import { killReapersOf } from '../support/reapers.ts'
import { hasSecretService, startSecretService } from '../support/secret-service.ts'
import { startWorld, type World } from '../support/world.ts'
import type { Missed } from './programs.ts'

const JIT = new URL('../../bin/jit.js', import.meta.url).pathname
const CALLERS = 200
const COLD_CALLS = 7
const REACH = 40
/** Longer than a slice, so that it is renewed. */
const GRANT = '4h'

/**
 * P9: the slice of a long grant is over, and this many `credential-process` start at once: against a call that is alone. The
 * real endpoint, and a strict AWS that counts the exchanges.
 */
export async function measureParallel(): Promise<readonly Missed[]> {
  const [world, keychain] = await Promise.all([startWorld(), hasSecretService ? startSecretService() : undefined])
  try {
    const alice = await elevated(world, keychain?.env['DBUS_SESSION_BUS_ADDRESS'])
    const store = leaseStoreOf(alice)
    const cold: number[] = []
    for (let call = 0; call < COLD_CALLS; call++) {
      ageSlices(store)
      cold.push((await timed(() => alice.jit('credential-process', 'staging-db').then((one) => [one]))).ms)
    }
    ageSlices(store)
    const before = exchanges(world)
    const { ms, ended } = await timed(() => allAtOnce(alice, join(world.directory, 'answers')))
    const failed = ended.filter(({ code, stdout }) => code !== 0 || !isGood(stdout))
    const made = exchanges(world) - before
    const one = median(cold)
    const ratio = ms / one
    console.log(
      `P9 ${CALLERS} credential-process at once, slice over: ${made} exchange${made === 1 ? '' : 's'} (reach 1), ${failed.length} errors (reach 0), all done in ${ms.toFixed(0)} ms = x${ratio.toFixed(1)} of one cold call of ${one.toFixed(0)} ms (reach x${REACH})`,
    )
    for (const text of new Set(failed.map(({ stderr }) => stderr))) console.log(text)
    const missed = (sentence: string): Missed => ({ sentence: `P9 ${sentence}`, promised: true })
    return [
      ...(made === 1 ? [] : [{ ...missed(`${made} exchanges, reach 1`), exact: true as const }]),
      ...(failed.length === 0
        ? []
        : [
            {
              ...missed(`${failed.length} errors, reach 0`),
              ...(failed.every(isTimeLimit) ? {} : { exact: true as const }),
            },
          ]),
      ...(ratio <= REACH ? [] : [missed(`x${ratio.toFixed(1)} of a cold call, reach x${REACH}`)]),
    ]
  } finally {
    await Promise.all([world.close(), keychain?.close()])
  }
}

async function elevated(world: World, bus: string | undefined): Promise<PersonHome> {
  const keyStore = bus === undefined ? {} : { JIT_KEY_STORE: 'auto', DBUS_SESSION_BUS_ADDRESS: bus }
  const alice = world.person('alice', keyStore)
  for (const step of [
    () => alice.logIn(),
    () => alice.jit('elevate', 'staging-db', '--for', GRANT, '--reason', 'bench'),
  ]) {
    const { code, stderr } = await step()
    if (code !== 0) throw new Error(stderr)
  }
  await eventually(() => killReapersOf(alice.home).length, 1)
  return alice
}

async function timed(
  work: () => Promise<readonly Ended[]>,
): Promise<{ readonly ms: number; readonly ended: readonly Ended[] }> {
  const started = performance.now()
  const ended = await work()
  return { ms: performance.now() - started, ended }
}

/** From a shell: this process is the cloud too, and must not be busy with starting programs. */
const CROWD = `
mkdir "$1" && cd "$1" || exit
for i in $(seq ${CALLERS}); do
  { "$2" "$3" credential-process staging-db >$i.out 2>$i.err; echo $? >$i.code; } &
done
wait`

async function allAtOnce(alice: PersonHome, directory: string): Promise<readonly Ended[]> {
  const { code, stderr } = await alice.run('sh', '-c', CROWD, 'sh', directory, process.execPath, JIT)
  if (code !== 0) throw new Error(stderr)
  const text = (name: string): string => readFileSync(join(directory, name), 'utf8')
  return Array.from({ length: CALLERS }, (_, index) => ({
    code: Number(text(`${index + 1}.code`)),
    signal: null,
    stdout: text(`${index + 1}.out`),
    stderr: text(`${index + 1}.err`),
  }))
}

/** LOCKED, SECRET_STORE and ENDPOINT_UNREACHABLE by their sentences: a machine that is overloaded meets their time limits too. */
const TIME_LIMITS =
  /process has been busy with|cannot be used: |approval endpoint cannot be reached|credentials of \S+ did not come within/
const isTimeLimit = ({ code, stderr }: Ended): boolean => (code === 6 || code === 8) && TIME_LIMITS.test(stderr)

const exchanges = ({ aws }: World): number =>
  aws.requests.filter(({ action, outcome }) => action === 'AssumeRoleWithWebIdentity' && outcome === 'ok').length

function isGood(stdout: string): boolean {
  const answer: unknown = JSON.parse(stdout || '{}')
  const end = typeof answer === 'object' && answer !== null && 'Expiration' in answer ? String(answer.Expiration) : ''
  return Date.parse(end) > Date.now()
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
