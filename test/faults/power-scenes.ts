import { renewableLease, writeSlice } from '../../src/client/leases/renew.ts'
import type { LeaseDeps } from '../../src/client/leases/deps.ts'
import type { NewLease } from '../../src/client/leases/types.ts'
import { memoryKeyStore } from '../../src/platform/keychain/memory.ts'
import { sweepLeases } from '../../src/client/leases/sweep.ts'
import { endLease } from '../../src/client/leases/wipe.ts'
import { writeLease } from '../../src/client/leases/write.ts'
import { leaseDeps } from '../../src/client/leasing.ts'
import { grantsIn } from '../../src/client/sinks/grant-directory.ts'
import { parcelling } from '../../src/client/sinks/parcels.ts'
import type { Engine } from '../../src/client/sinks/types.ts'
import type { FileSystem } from '../../src/platform/files.ts'
import { awsDelivery, newLease } from '../support/aws-lease.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { leasingDeps } from '../support/leasing-deps.ts'
import { plainDelivery } from '../support/plain-sinks.ts'
import { Disk } from './disk.ts'
import { stageSinks } from './stage-sinks.ts'
import { VolatileFiles } from './volatile-files.ts'

const PLACE = { home: '/home', stateDir: '/state', sinks: stageSinks } as const
/** What is in it is durable at once, and nobody asks it for anything once its leases are gone. */
const KEYS = memoryKeyStore()
export const RUNTIME = '/state/run'
export const ROOT_DIRECTORY = '/state/m1'
export const CREDENTIALS = '/home/.aws/credentials'
const TWIN = '/home/twin'
const BEHIND = '[later]\nk = v\n'

/** jit's own parts without the lock, which a simulated disk cannot hold. A mutant replaces one of them. */
export type Parts = {
  readonly files: (fs: VolatileFiles) => FileSystem
  readonly engine: (engine: Engine) => Engine
  readonly write: typeof writeLease
  readonly end: typeof endLease
}
export const REAL: Parts = { files: (fs) => fs, engine: (engine) => engine, write: writeLease, end: endLease }

export function depsOn(fs: FileSystem, clock: FakeClock, wrap: Parts['engine'] = REAL.engine): LeaseDeps {
  const deps = leaseDeps({ ...leasingDeps({ ...PLACE, fs, clock, keyStore: KEYS }), uid: 0 })
  return { ...deps, engines: { ...deps.engines, entry: wrap(deps.engines.entry) } }
}

const parcels = (clock: FakeClock) => {
  const { sinks, runtime } = leasingDeps({ ...PLACE, clock })
  return parcelling(sinks, grantsIn(runtime))
}

export type Step = (deps: LeaseDeps, clock: FakeClock, parts: Parts) => Promise<unknown>
const write =
  (id: string, target: string, ttlMs?: number): Step =>
  async (deps, clock, parts) => {
    const lease = newLease(clock, id, target, ttlMs)
    await parts.write(deps, lease, await parcels(clock).first(lease, awsDelivery(`jit-${target}`, id)))
  }
const inTwoClouds = (id: string, target: string, mark = id) => [
  ...awsDelivery(`jit-${target}`, mark),
  plainDelivery(`jit-${target}`, mark),
]
const writeBoth =
  (id: string, target: string): Step =>
  async (deps, clock, parts) => {
    const lease = newLease(clock, id, target)
    await parts.write(deps, lease, await parcels(clock).first(lease, inTwoClouds(id, target)))
  }
const writeSealed =
  (id: string, target: string): Step =>
  async (deps, clock, parts) => {
    const lease: NewLease = { ...newLease(clock, id, target), deliver: 'process' }
    await parts.write(deps, lease, await parcels(clock).first(lease, [plainDelivery(`jit-${target}`, id)]))
  }
const renewBoth =
  (id: string, target: string): Step =>
  async (deps, clock) => {
    const lease = renewableLease(deps, id)
    await writeSlice(deps, lease, parcels(clock).next(lease, inTwoClouds(id, target, 'Second')))
  }
const wipe =
  (id: string): Step =>
  async (deps, _clock, parts) => {
    const lease = deps.store.list().find((each) => each.id === id)
    if (lease !== undefined) await parts.end(deps, lease, 'revoked')
  }
const sweep: Step = (deps) => sweepLeases(deps)

export type PowerScene = { readonly before: readonly Step[]; readonly hasBehind?: true; readonly act: Step }
export const POWER_SCENES: Readonly<Record<string, PowerScene>> = {
  write: { before: [], act: write('g1', 'one') },
  'write beside another lease': { before: [write('g1', 'one')], act: write('g2', 'two') },
  'write over an earlier lease': { before: [write('g1', 'one')], act: write('g2', 'one') },
  wipe: { before: [write('g1', 'one')], act: wipe('g1') },
  'wipe, text behind': { before: [write('g1', 'one')], hasBehind: true, act: wipe('g1') },
  'wipe the first of two': { before: [write('g1', 'one'), write('g2', 'two')], act: wipe('g1') },
  'wipe the second of two, text behind': {
    before: [write('g1', 'one'), write('g2', 'two')],
    hasBehind: true,
    act: wipe('g2'),
  },
  'write over an earlier lease, text behind': {
    before: [write('g1', 'one')],
    hasBehind: true,
    act: write('g2-longer', 'one'),
  },
  'write in two clouds': { before: [], act: writeBoth('g1', 'one') },
  'renew in two clouds': { before: [writeBoth('g1', 'one')], act: renewBoth('g1', 'one') },
  'wipe in two clouds': { before: [writeBoth('g1', 'one')], act: wipe('g1') },
  'write sealed over an earlier lease': { before: [writeSealed('g1', 'one')], act: writeSealed('g2', 'one') },
  'wipe sealed': { before: [writeSealed('g1', 'one')], act: wipe('g1') },
  'sweep both': { before: [write('g1', 'one', 1), write('g2', 'two', 1)], act: sweep },
}

export type PowerOriginal = { readonly bytes: string | undefined; readonly mode: number; readonly hardLink?: true }
export const POWER_ORIGINALS: Readonly<Record<string, PowerOriginal>> = {
  'no file, no directory': { bytes: undefined, mode: 0o600 },
  'no final newline, 0644': { bytes: '[default]\naws_access_key_id = A', mode: 0o644 },
  'CRLF, 0400': { bytes: '[default]\r\nregion = a\r\n', mode: 0o400 },
  'an empty file': { bytes: '', mode: 0o600 },
  'a hard link, 0640': { bytes: '[default]\nregion = a\n', mode: 0o640, hardLink: true },
}

/** A disk as the user had it before `act`, all of it durable. */
export async function laid(original: PowerOriginal, scene: PowerScene, clock: FakeClock): Promise<Disk> {
  const fs = new VolatileFiles(new Disk(), () => clock.now())
  for (const directory of ['/home', '/state', ROOT_DIRECTORY, `${ROOT_DIRECTORY}/leases`]) fs.mkdir(directory, 0o700)
  if (original.bytes !== undefined) {
    fs.mkdir('/home/.aws', 0o700)
    put(fs, original.bytes, original.mode)
    if (original.hardLink === true) fs.link(CREDENTIALS, TWIN)
  }
  clock.advance(60_000)
  for (const step of scene.before) await step(depsOn(fs, clock), clock, REAL)
  if (scene.hasBehind === true) append(fs, BEHIND)
  clock.advance(60_000)
  return fs.disk
}

function put(fs: VolatileFiles, text: string, mode: number): void {
  const fd = fs.open(CREDENTIALS, 'create', mode)
  fs.write(fd, Buffer.from(text), 0, Buffer.byteLength(text), 0)
  fs.close(fd)
}

function append(fs: VolatileFiles, text: string): void {
  const fd = fs.open(CREDENTIALS, 'read-write')
  fs.write(fd, Buffer.from(text), 0, Buffer.byteLength(text), fs.fstat(fd).size)
  fs.close(fd)
}

/** What the user must have, path by path, once no lease is left. */
export function wantedPaths({ bytes, mode, hardLink }: PowerOriginal, { hasBehind }: PowerScene): readonly string[] {
  if (bytes === undefined && hasBehind !== true) return ['/home']
  const isOpen = bytes !== undefined && bytes !== '' && !bytes.endsWith('\n')
  const glue = hasBehind === true && isOpen ? '\n' : ''
  const file = `${(bytes ?? '') + (hasBehind === true ? glue + BEHIND : '')} ${mode.toString(8)}`
  return ['/home', '/home/.aws', `${CREDENTIALS} ${file}`, ...(hardLink === true ? [`${TWIN} ${file}`] : [])]
}
