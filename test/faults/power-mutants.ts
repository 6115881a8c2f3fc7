import { filesOf, writeFiles } from '../../src/client/leases/files.ts'
import type { Lease } from '../../src/client/leases/types.ts'
import type { FileSystem } from '../../src/platform/files.ts'
import type { Parts } from './power-scenes.ts'
import type { VolatileFiles } from './volatile-files.ts'

/** Mistakes that a wiping program could have in it. A harness that does not notice them proves nothing. */
export const MUTANTS: Readonly<Record<string, Partial<Parts>>> = {
  'no fsync': { files: (fs) => fs.with({ fsync: () => undefined }) },
  'no fsync of directories': { files: (fs) => fs.with({ syncDirectory: () => undefined }) },
  'rename before fsync': { files: renameBeforeFsync },
  'secret before journal': {
    write: async (deps, wanted, parcels) => {
      const { clock, store } = deps
      const files = await filesOf(deps, parcels)
      const boot = { writtenAt: clock.now(), writtenAtBootSeconds: Math.floor(clock.bootSeconds()) }
      const entries = parcels.map(({ entry }) => entry)
      const places = files.map(({ place }) => place)
      const lease: Lease = { ...wanted, ...boot, version: 1, state: 'active', entries, places, attempts: 0 }
      await writeFiles(deps, lease, files)
      store.put(lease)
      return lease
    },
  },
  'journal gone before the secret': {
    end: async ({ store, engines }, lease, reason) => {
      store.remove(lease.id)
      for (const place of lease.places) await engines[place.kind].wipe(lease, place)
      return { lease: lease.id, target: lease.target, wiped: true, reason }
    },
  },
  'a temp file whose name the lease does not know': {
    engine: (engine) => ({
      plan: (file, intent) => engine.plan(file, intent),
      write: (lease, place, contents) => engine.write(lease, { ...place, temp: `${place.path}.x7f3` }, contents),
      confirm: (lease, place, contents, writtenAt) => engine.confirm(lease, place, contents, writtenAt),
      finish: (place) => engine.finish(place),
      settle: (place) => engine.settle(place),
      wipe: (owner, place) => engine.wipe(owner, place),
    }),
  },
}

function renameBeforeFsync(fs: VolatileFiles): FileSystem {
  const owed = new Set<number>()
  return fs.with({
    fsync: (fd) => void owed.add(fs.inodeOf(fd)),
    rename: (from, to) => {
      fs.rename(from, to)
      for (const inode of owed) fs.syncInode(inode)
      owed.clear()
    },
  })
}
