import { JitError } from '../../base/errors.ts'
import { hashOf } from '../../base/secret-hash.ts'
import type { CloudSink, Intent } from '../sinks/clouds/types.ts'
import type { Contents, Parcel, PlannedPlace } from '../sinks/types.ts'
import { engineOf, type LeaseDeps } from './deps.ts'
import type { Lease, Place } from './types.ts'

/** A place of a lease with what goes there; without contents it is only wiped. */
export type LeaseFile = { readonly place: Place; readonly contents?: Contents }

const ROUNDS = 5

/** Refuses what could not be written, or not be wiped, before anybody was asked. What would be written where, for each intent. */
export async function assertWritable(
  deps: LeaseDeps,
  intended: readonly { readonly sink: CloudSink; readonly intent: Intent }[],
): Promise<readonly { readonly lease: string; readonly places: readonly PlannedPlace[] }[]> {
  const planned: { lease: string; places: readonly PlannedPlace[] }[] = []
  for (const { sink, intent } of intended) {
    const places: PlannedPlace[] = []
    for (const file of await sink.plan(intent)) places.push(await deps.engines[file.kind].plan(file, intent))
    planned.push({ lease: intent.lease, places })
  }
  return planned
}

/** All files of these parcels in the order of writing; refuses what could not be written, or not be wiped. Changes nothing. */
export async function filesOf(deps: LeaseDeps, parcels: readonly Parcel[]): Promise<readonly LeaseFile[]> {
  const files: LeaseFile[] = []
  for (const parcel of parcels) files.push(...(await filesOfParcel(deps, parcel)))
  for (const [index, { place }] of files.entries()) {
    assertOnlyUse(place, [
      ...deps.store.list().flatMap(({ places }) => places),
      ...files.slice(0, index).map((each) => each.place),
    ])
    if (files.findIndex((each) => each.place.path === place.path) < index) throw twoUses(place)
  }
  return files
}

async function filesOfParcel(deps: LeaseDeps, { sink, delivery }: Parcel): Promise<readonly LeaseFile[]> {
  const planned = await sink.plan(delivery)
  const contents = await sink.contents(delivery)
  if (planned.length !== contents.length) throw new Error(`${sink.cloud} ${sink.mode} plans other files than it fills.`)
  const files: LeaseFile[] = []
  for (const [index, file] of planned.entries()) {
    const content = contents[index]
    const planned = await deps.engines[file.kind].plan(file, delivery)
    const secretHashes = content?.secrets.map(hashOf) ?? []
    const place = inherit(deps, { ...planned, cloud: sink.cloud, secretHashes })
    const wanted = 'wanted' in file && file.wanted !== undefined ? { content: file.wanted } : {}
    const { asDefault } = delivery
    files.push(
      content === undefined ? { place } : { place, contents: { ...content, wanted: { asDefault, ...wanted } } },
    )
  }
  return files
}

/** What file and directories were like before the first of us: whoever goes last gives that back. */
function inherit({ store }: LeaseDeps, place: Place): Place {
  const others = store.list().flatMap(({ places }) => places)
  const made = others.flatMap((each) =>
    each.madeDirectories.filter((directory) => place.path.startsWith(`${directory}/`)),
  )
  const madeDirectories = [...new Set([...place.madeDirectories, ...made])].toSorted((a, b) => b.length - a.length)
  const earlier = others.find(({ kind, path }) => kind === 'entry' && path === place.path)
  if (earlier === undefined || place.kind !== 'entry') return { ...place, madeDirectories }
  const { mode: _current, ...rest } = place
  const { existed, mode } = earlier
  return { ...rest, madeDirectories, existed, ...(mode === undefined ? {} : { mode }) }
}

/** Two kinds of contents in one file would undo one another's care for its mode and for its end. */
function assertOnlyUse(place: Place, others: readonly Place[]): void {
  if (others.some(({ path, kind, format }) => path === place.path && (kind !== place.kind || format !== place.format)))
    throw twoUses(place)
}

const twoUses = ({ path }: Place): JitError =>
  new JitError(
    'FILE_REFUSED',
    `jit does not write to ${path}: two kinds of settings would lie in this one file.`,
    'Name two files in the variables of the client.',
  )

/** When each file was written (ms since 1970). */
export async function writeFiles(
  deps: LeaseDeps,
  lease: Lease,
  files: readonly LeaseFile[],
): Promise<readonly number[]> {
  const times: number[] = []
  for (const { place, contents } of files) {
    if (contents !== undefined) await engineOf(deps, place).write(lease, place, contents)
    times.push(deps.clock.now())
  }
  return times
}

/** Waits for other programs at work on these files; what they have overwritten is written again. */
export async function confirmFiles(
  deps: LeaseDeps,
  lease: Lease,
  files: readonly LeaseFile[],
  times: readonly number[],
): Promise<void> {
  for (const [index, file] of files.entries()) await confirmFile(deps, lease, file, times[index] ?? 0)
}

async function confirmFile(
  deps: LeaseDeps,
  lease: Lease,
  { place, contents }: LeaseFile,
  firstWrittenAt: number,
): Promise<void> {
  if (contents === undefined) return
  const engine = engineOf(deps, place)
  let writtenAt = firstWrittenAt
  for (let round = 0; round < ROUNDS; round++) {
    if (await engine.confirm(lease, place, contents, writtenAt)) return
    await engine.write(lease, place, contents)
    writtenAt = deps.clock.now()
  }
  throw new JitError('WRITE_FAILED', `Another program keeps writing over ${place.path}.`, 'Try again when it is done.')
}
