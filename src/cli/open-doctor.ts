import { JitError } from '../base/errors.ts'
import { clientFiles } from '../client/client-files.ts'
import { clientFileCheck } from '../client/doctor/client-files.ts'
import { clientCheck } from '../client/doctor/clients.ts'
import { clockCheck } from '../client/doctor/clock.ts'
import { directoryCheck } from '../client/doctor/directories.ts'
import { endpointCheck } from '../client/doctor/endpoint.ts'
import { environmentCheck } from '../client/doctor/environment.ts'
import { keyStoreCheck } from '../client/doctor/key-store.ts'
import { layerCheck } from '../client/doctor/layer.ts'
import { leaseCheck, type LeaseView } from '../client/doctor/leases.ts'
import { loginCheck, type LoginView } from '../client/doctor/login.ts'
import { outboxCheck } from '../client/doctor/outbox.ts'
import { promptCheck } from '../client/doctor/prompt.ts'
import { reaperCheck } from '../client/doctor/reaper.ts'
import { probeEndpoint } from '../client/endpoint-probe.ts'
import { keepHouse } from '../client/housekeeping.ts'
import { loginStore } from '../client/identity/store.ts'
import { otherMachines } from '../client/leases/others.ts'
import { isReaping } from '../client/leases/reaper.ts'
import { refuseOtherEndpoint } from '../client/login.ts'
import { status } from '../client/status.ts'
import { installLayer, isUnwanted, removeLayer } from '../client/wake/keep.ts'
import { systemClock } from '../platform/clock.ts'
import { directoryFacts } from '../platform/directory-facts.ts'
import { isContainer } from '../platform/machine.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { nodeHttp } from '../platform/http-node.ts'
import { readPassphrase } from '../platform/keychain/passphrase.ts'
import { keepPrivate } from '../platform/private-directory.ts'
import { isInstalled, startDetached } from '../platform/processes.ts'
import { systemRandom } from '../platform/random.ts'
import { readSettings } from '../platform/settings.ts'
import { readTextFile } from '../platform/text-file.ts'
import { background } from './background.ts'
import type { Doctoring } from './context.ts'
import type { Host } from './host.ts'
import type { Installation } from './installation.ts'
import { jobHere } from './job.ts'
import { keeping } from './keeping.ts'
import { keyStoreChoice, openKeyStore } from './key-store.ts'
import type { OnDemand } from './on-demand.ts'
import { stuckText } from './ui/sweep-text.ts'

/** Every check, wired to this machine. */
export function openDoctor(host: Host, installation: Installation, loaded: () => Promise<OnDemand>): Doctoring {
  const { env, platform, execPath } = host.process
  const { places, leases, root, locks, pending, notes } = installation
  const clock = systemClock
  const fs = nodeFileSystem
  const uid = host.process.getuid?.()
  const keep = keeping(host, installation)
  const isOnPath = (program: string): boolean => isInstalled(program, env, platform)
  const sinkDeps = { fs, env, home: host.home, program: [execPath, host.script] }
  const endpoint = (): string | undefined => env['JIT_ENDPOINT_URL'] || readSettings(places.config).endpoint
  let asked: ReturnType<typeof probeEndpoint> | undefined
  const probe = () => (asked ??= probeEndpoint({ http: nodeHttp, clock, env, endpoint }))
  const hasLeases = (): boolean => leases.list().length > 0 || leases.unreadable().length > 0
  const sweep = async (): Promise<void> => {
    const { leasing, connect } = await loaded()
    // asked for now: a lease that waits for its next attempt does not wait any longer
    const stuck = leasing.list().filter(({ state }) => state === 'stuck')
    const again = await leasing.wipe(
      stuck.map(({ id }) => id),
      'ttl',
    )
    const swept = await keepHouse({ leasing, connect, clock }, AbortSignal.timeout(FIX_LIMIT_MS))
    const left = stuckText({ ...swept, wiped: [...again, ...swept.wiped] })
    if (left !== '')
      throw new JitError('WIPE_FAILED', `Still on this machine: ${left}.`, 'Where each secret lies: jit status')
  }
  return {
    checks: [
      clockCheck(probe, platform),
      endpointCheck(probe),
      keyStoreCheck(() => ({
        keyStore: openKeyStore(env, platform, places),
        ...keyStoreNeeds(host, installation),
        isOfJob: jobHere({ env, platform, installation }) !== undefined,
      })),
      loginCheck({ login: () => storedLogin(host, installation), clock }),
      directoryCheck({
        places,
        home: host.home,
        locks,
        otherMachines: () => otherMachines(fs, root).length,
        uid,
        facts: (path) => directoryFacts(path, platform),
        close: (path) => keepPrivate(path, uid),
      }),
      leaseCheck({
        leases: () =>
          status({ leasing: leases, pending, notes, clock }).grants.map((grant) => leaseView(grant, clock.now())),
        unreadable: () => leases.unreadable(),
        sweep,
      }),
      reaperCheck({
        hasLeases,
        isRunning: () => isReaping(fs, locks(), clock),
        start: async () => {
          await startDetached(background('reap', host, places))
          await untilReaping(locks())
        },
      }),
      layerCheck({
        ...keep,
        install: () => installLayer(keep),
        isUnwanted: () => isUnwanted(keep),
        isContainer: isContainer(env),
      }),
      outboxCheck(() => leases.outbox.list().length, sweep),
      promptCheck({ env, home: host.home, read: textOf }),
      clientCheck(isOnPath, platform),
      clientFileCheck(() => clientFiles(sinkDeps, uid)),
      environmentCheck(env),
    ],
    removeLayer: async () => ({ layer: keep.layer.name, removed: await removeLayer(keep) }),
  }
}

function textOf(path: string): string | undefined {
  try {
    return readTextFile(path)
  } catch {
    return undefined // not there, or not to be read: either way the shell takes nothing from it
  }
}

const FIX_LIMIT_MS = 5000

function keyStoreNeeds({ process: { env } }: Host, { places }: Installation) {
  const choice = keyStoreChoice(env, places)
  const isMemory = choice === 'memory'
  // what a descriptor gives can be read only once, and the login needs it
  if (choice !== 'passphrase-file' || env['JIT_PASSPHRASE_FD']) return { isMemory }
  return { isMemory, readPassphrase: () => readPassphrase(env) }
}

async function storedLogin({ process }: Host, installation: Installation): Promise<LoginView | undefined> {
  const { places, login } = installation
  const { env, platform } = process
  const job = jobHere({ env, platform, installation })
  if (job !== undefined) return { endpoint: job.endpoint(), job: job.source.name }
  const keyStore = openKeyStore(env, platform, places)
  const found = await loginStore({ stateDirectory: login().directory, keyStore, random: systemRandom }).load()
  if (found === undefined) return undefined
  const { discovery, accessTokenExpiresAt, refreshToken } = found
  refuseOtherEndpoint(env['JIT_ENDPOINT_URL'], discovery.endpoint)
  return { endpoint: discovery.endpoint, accessTokenExpiresAt, renewsItself: refreshToken !== undefined }
}

function leaseView({ lease, secondsLeft }: ReturnType<typeof status>['grants'][number], now: number): LeaseView {
  const { target, state, entries, lastError } = lease
  return {
    target,
    isStuck: state === 'stuck',
    isOver: state === 'active' && secondsLeft === 0,
    isLapsed: entries.some(({ validUntil }) => validUntil <= now),
    ...(lastError === undefined ? {} : { lastError }),
  }
}

const STARTING_MS = 3000
const STEP_MS = 50

async function untilReaping(locks: string): Promise<void> {
  for (let waited = 0; waited < STARTING_MS; waited += STEP_MS) {
    if (await isReaping(nodeFileSystem, locks, systemClock)) return
    await systemClock.sleep(STEP_MS)
  }
}
