import type { Lease, Place } from '../../src/client/leases/types.ts'
import type { FileSystem } from '../../src/platform/files.ts'
import type { Parts } from './power-scenes.ts'
import type { VolatileFiles } from './volatile-files.ts'

/** Mistakes that a wiping program could have in it. A harness that does not notice them proves nothing. */
export const MUTANTS: Readonly<Record<string, Partial<Parts>>> = {
  'no fsync': { files: (fs) => fs.with({ fsync: () => undefined }) },
  'no fsync of directories': { files: (fs) => fs.with({ syncDirectory: () => undefined }) },
  'rename before fsync': { files: renameBeforeFsync },
  'secret before journal': {
    write: async (deps, sink, wanted, delivery) => {
      const place: Place = { ...sink.plan(wanted), secretHashes: sink.secretHashes(delivery) }
      const { clock, store } = deps
      const boot = { writtenAt: clock.now(), writtenAtBootSeconds: Math.floor(clock.bootSeconds()) }
      const lease: Lease = { ...wanted, ...boot, version: 1, state: 'active', places: [place], attempts: 0 }
      await sink.write(lease, place, delivery)
      store.put(lease)
      return lease
    },
  },
  'journal gone before the secret': {
    end: async ({ store, sinks }, lease, reason) => {
      store.remove(lease.id)
      for (const place of lease.places) await sinks[0]?.wipe(lease, place)
      return { lease: lease.id, target: lease.target, wiped: true, reason }
    },
  },
  'a temp file whose name the lease does not know': {
    sink: (sink) => ({
      name: sink.name,
      plan: (lease) => sink.plan(lease),
      secretHashes: (delivery) => sink.secretHashes(delivery),
      write: (lease, place, delivery) => sink.write(lease, { ...place, temp: `${place.path}.x7f3` }, delivery),
      confirm: (lease, place, writtenAt) => sink.confirm(lease, place, writtenAt),
      finish: (place) => sink.finish(place),
      settle: (place) => sink.settle(place),
      wipe: (lease, place) => sink.wipe(lease, place),
      paths: () => sink.paths(),
      wipeOrphans: (path, search) => sink.wipeOrphans(path, search),
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
