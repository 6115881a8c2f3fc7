import { basename, dirname } from 'node:path'
import { findBlocks } from '../../base/credentials-block.ts'
import { ifExists } from '../../platform/durable.ts'
import { namesFor } from './place.ts'
import { leftByUs, readNow, type System } from './settled.ts'
import type { Orphans, OrphanSearch } from './types.ts'
import { wipePlace } from './wipe-place.ts'

/** A machine that shares this home may be at work on files whose lease we cannot know. */
const FOREIGN_WORK_MS = 10 * 60 * 1000

type Orphan = { readonly id: string; readonly profile: string; readonly over: boolean }

/** See `Sink.wipeOrphans`. What the lost lease knew besides (mode, made directories) stays as it is. */
export async function wipeOrphans(
  system: System,
  path: string,
  { known, torn, ended }: OrphanSearch,
): Promise<Orphans> {
  const orphans = [...blocksAt(system, path, ended), ...leftOverFiles(system, path, torn)].filter(
    ({ id }) => !known.has(id),
  )
  const over = orphans.filter((orphan) => orphan.over)
  const alive = new Set(orphans.filter((orphan) => !orphan.over).map(({ id }) => id))
  const wiped = new Set<string>()
  for (const { id, profile } of over) {
    if (alive.has(id) || wiped.has(id)) continue
    const place = { ...namesFor(path, id), sink: '', existed: true, madeDirectories: [], secretHashes: [] }
    await wipePlace(system, { id, profile }, place)
    wiped.add(id)
  }
  return { wiped: [...wiped], alive: [...alive] }
}

function blocksAt({ fs, clock }: System, path: string, ended: ReadonlySet<string>): readonly Orphan[] {
  return findBlocks(readNow(fs, path)?.bytes ?? Buffer.alloc(0)).map(({ lease, profile = '', expiresAt }) => ({
    id: lease,
    profile,
    over: ended.has(lease) || expiresAt * 1000 <= clock.now(),
  }))
}

function leftOverFiles(system: System, path: string, torn: ReadonlySet<string>): readonly Orphan[] {
  const { fs, clock } = system
  const prefix = `.${basename(path)}.jit-`
  const names = ifExists(() => fs.readdir(dirname(path))) ?? []
  return names.flatMap((name) => {
    const id = name.startsWith(prefix) ? /^([\w-]+)\.(?:tmp|redo|bak)$/.exec(name.slice(prefix.length))?.[1] : undefined
    if (id === undefined) return []
    const stat = leftByUs(system, `${dirname(path)}/${name}`)
    if (stat === undefined) return []
    const old = clock.now() - Number(stat.mtimeNs / 1_000_000n) > FOREIGN_WORK_MS
    return torn.has(id) || old ? [{ id, profile: '', over: true }] : []
  })
}
