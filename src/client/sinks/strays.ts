import { JitError } from '../../base/errors.ts'
import type { Cloud } from '../../contract/target.ts'
import type { CloudSink, PlannedFile, Stray } from './clouds/types.ts'
import type { System } from './settled.ts'
import type { Engines, Orphans, OrphanSearch } from './types.ts'

/** Own files of lost leases in the user's directories, as far as sinks find them by their marks; see {@link Orphans}. */
export async function wipeStrays(
  { clock }: System,
  engines: Engines,
  sinks: readonly CloudSink[],
  { known, ended }: OrphanSearch,
): Promise<readonly Orphans[]> {
  const isOver = ({ lease, expiresAt }: Stray): boolean => ended.has(lease) || expiresAt * 1000 <= clock.now()
  const [wiped, alive] = [new Set<string>(), new Set<string>()]
  for (const sink of sinks)
    for (const stray of sink.strays?.() ?? []) {
      if (known.has(stray.lease)) continue
      const found = isOver(stray) ? wiped : alive
      if (!isOver(stray) || (await wipeFiles(engines, stray, sink.cloud))) found.add(stray.lease)
    }
  return [{ wiped: [...wiped], alive: [...alive] }]
}

/** False where what bears our mark is not ours to remove: a link, say, or a file of another user. */
async function wipeFiles(engines: Engines, { lease, files }: Stray, cloud: Cloud): Promise<boolean> {
  try {
    for (const file of files.toReversed()) await wipeFile(engines, lease, file, cloud)
    return true
  } catch (error) {
    if (error instanceof JitError && error.code === 'FILE_REFUSED') return false
    throw error
  }
}

async function wipeFile(engines: Engines, lease: string, file: PlannedFile, cloud: Cloud): Promise<void> {
  const engine = engines[file.kind]
  const place = await engine.plan(file, { lease, target: '', profile: '', asDefault: false, directory: '' })
  await engine.wipe({ id: lease }, { ...place, cloud, madeDirectories: [], secretHashes: [] })
}
