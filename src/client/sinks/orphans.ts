import { basename, dirname } from 'node:path'
import { attempt, ifExists } from '../../platform/durable.ts'
import type { PlaceKind } from '../leases/types.ts'
import type { CloudSink } from './clouds/types.ts'
import { FORMAT_NAMES, type FormatName } from './formats/types.ts'
import { scrubAndRemove, wipeOrphanDirectories } from './grant-directory.ts'
import { takeAway } from './own-file.ts'
import { readOwnMark } from './own-mark.ts'
import { namesFor } from './place.ts'
import { type FormatSystem, leftByUs, readNow, type System } from './settled.ts'
import { type Formats, loadFormat } from './shared-file.ts'
import { resolveTarget } from './target-path.ts'
import { wipeStrays } from './strays.ts'
import type { Engines, Orphans, OrphanSearch } from './types.ts'
import { wipeEntry } from './wipe-entry.ts'

/** A machine that shares this home may be at work on files whose lease we cannot know. */
const FOREIGN_WORK_MS = 10 * 60 * 1000

/** A path that a lease names or may have written to; without kind or format where that cannot be known any more. */
export type Searched = { readonly path: string; readonly kind?: PlaceKind; readonly format?: FormatName }
type Orphan = { readonly id: string; readonly profile: string; readonly isOver: boolean }

type OrphanDeps = System & {
  readonly grants: string
  readonly formats: Formats
  readonly sinks: readonly CloudSink[]
}

/**
 * Searches for secrets whose lease cannot be read: in files that somebody still names, where sinks look, and in the private
 * directories. Removed where their own mark says that they are over, counted where not. What the lost lease knew besides (mode,
 * made directories) stays as it is.
 */
export const searchOrphans =
  (deps: OrphanDeps, engines: Engines) =>
  async (named: readonly Searched[], search: OrphanSearch): Promise<Orphans> => {
    const searched = [...deps.sinks.flatMap((sink) => sink.searched()), ...named]
    const found = await all([
      ...distinct(deps, searched).map((at) => () => wipeInFile(deps, at, search)),
      () => wipeStrays(deps, engines, deps.sinks, search),
      async () => [wipeOrphanDirectories(deps, deps.grants, search)],
    ])
    const [wiped, alive] = [found.flatMap((each) => each.wiped), found.flatMap((each) => each.alive)]
    return { wiped: [...new Set(wiped)], alive: [...new Set(alive)] }
  }

/** What cannot be searched keeps no secret elsewhere: throws the first failure when all were tried. */
async function all(searches: readonly (() => Promise<readonly Orphans[]>)[]): Promise<readonly Orphans[]> {
  const found: Orphans[] = []
  const failures: unknown[] = []
  for (const search of searches)
    try {
      found.push(...(await search()))
    } catch (error) {
      failures.push(error)
    }
  if (failures.length > 0) throw failures[0]
  return found
}

async function wipeInFile(system: OrphanDeps, at: Searched, search: OrphanSearch): Promise<readonly Orphans[]> {
  const { formats } = system
  if (at.kind !== undefined && at.kind !== 'entry') return [wipeOwnOrphan(system, at.path, search)]
  if (!isWorthReading(system, at.path)) return []
  const known = FORMAT_NAMES.filter((name) => formats[name] !== undefined)
  const found: Orphans[] = []
  for (const name of at.format === undefined ? known : [at.format])
    found.push(await wipeOrphanEntries({ ...system, format: await loadFormat(formats, name) }, at.path, search))
  return found
}

/** By the file that each path means; links that go in a circle mean none. */
function distinct({ fs }: System, searched: readonly Searched[]): readonly Searched[] {
  const byKey = new Map<string, Searched>()
  for (const each of searched)
    attempt(() => {
      const path = resolveTarget(fs, each.path)
      byKey.set(`${each.format ?? each.kind ?? ''} ${path}`, { ...each, path })
    })
  return [...byKey.values()]
}

/** Loading a format takes longer than this look; every mark of ours, in whatever format, has our name in it, a variable in capitals. */
function isWorthReading(system: System, path: string): boolean {
  const stat = ifExists(() => system.fs.stat(path))
  if (stat !== undefined && stat.kind !== 'file') return false
  const bytes = readNow(system.fs, path)?.bytes
  return ['jit', 'JIT'].some((name) => bytes?.includes(name) === true) || leftOverNames(system, path).length > 0
}

async function wipeOrphanEntries(system: FormatSystem, path: string, search: OrphanSearch): Promise<Orphans> {
  const orphans = [...entriesAt(system, path, search), ...leftOverFiles(system, path, search)].filter(
    ({ id }) => !search.known.has(id),
  )
  const alive = new Set(orphans.filter(({ isOver }) => !isOver).map(({ id }) => id))
  const wiped = new Set<string>()
  for (const { id, profile } of orphans.filter(({ isOver }) => isOver)) {
    if (alive.has(id) || wiped.has(id)) continue
    await wipeEntry(
      system,
      { id },
      { ...namesFor(path, id), profile, existed: true, madeDirectories: [], secretHashes: [] },
    )
    wiped.add(id)
  }
  return { wiped: [...wiped], alive: [...alive] }
}

function entriesAt({ fs, clock, format }: FormatSystem, path: string, { ended }: OrphanSearch): readonly Orphan[] {
  return format.find(readNow(fs, path)?.bytes ?? Buffer.alloc(0)).map(({ lease, profile = '', expiresAt }) => ({
    id: lease,
    profile,
    isOver: ended.has(lease) || expiresAt * 1000 <= clock.now(),
  }))
}

type LeftOver = { readonly id: string; readonly name: string }

function leftOverNames({ fs }: System, path: string): readonly LeftOver[] {
  const prefix = `.${basename(path)}.jit-`
  return (ifExists(() => fs.readdir(dirname(path))) ?? []).flatMap((name) => {
    const id = name.startsWith(prefix) ? /^([\w-]+)\.(?:tmp|redo|bak)$/.exec(name.slice(prefix.length))?.[1] : undefined
    return id === undefined ? [] : [{ id, name }]
  })
}

function leftOverFiles(system: System, path: string, { torn }: OrphanSearch): readonly Orphan[] {
  return leftOverNames(system, path).flatMap(({ id, name }) => {
    const stat = leftByUs(system, `${dirname(path)}/${name}`)
    if (stat === undefined) return []
    const old = system.clock.now() - Number(stat.mtimeNs / 1_000_000n) > FOREIGN_WORK_MS
    return torn.has(id) || old ? [{ id, profile: '', isOver: true }] : []
  })
}

/** A file that was wholly a lost lease's, outside its private directory. */
function wipeOwnOrphan(system: System, path: string, { known, ended, torn }: OrphanSearch): Orphans {
  const { fs, clock } = system
  for (const { id, name } of leftOverNames(system, path)) {
    const file = `${dirname(path)}/${name}`
    if (torn.has(id) && !known.has(id) && leftByUs(system, file) !== undefined) scrubAndRemove(fs, file)
  }
  const bytes = leftByUs(system, path) === undefined ? undefined : readNow(fs, path)?.bytes
  const mark = bytes === undefined ? undefined : readOwnMark(bytes)
  if (mark === undefined || known.has(mark.lease) || !torn.has(mark.lease)) return { wiped: [], alive: [] }
  if (!ended.has(mark.lease) && mark.expiresAt * 1000 > clock.now()) return { wiped: [], alive: [mark.lease] }
  takeAway(fs, namesFor(path, mark.lease))
  return { wiped: [mark.lease], alive: [] }
}
