import { createLeasing, type Leasing } from '../../src/client/leasing.ts'
import type { FileSystem } from '../../src/platform/files.ts'
import { join } from 'node:path'
import { newLease } from './aws-lease.ts'
import { disk, filesHolding } from './disk.ts'
import { FakeClock } from './fake-clock.ts'
import { leasingDeps } from './leasing-deps.ts'
import type { SinkSubject } from './sink-subjects.ts'
import { TempHome } from './temp-home.ts'

export const HOUR_MS = 3_600_000

/** A home as the subject's user has it, with jit on it. */
export function sinkWorld(subject: SinkSubject, env: Readonly<Record<string, string>> = {}) {
  const files = new TempHome()
  const clock = new FakeClock(Date.now() + 60_000)
  const { home, stateDir } = files
  const place = {
    home,
    stateDir,
    clock,
    env,
    sinks: (deps: Parameters<SinkSubject['make']>[0]) => [subject.make(deps)],
  }
  const deps = leasingDeps(place)
  const leasing = createLeasing(deps)
  const { mode } = deps.sinks[0] ?? { mode: 'files' as const }
  const at = (path: string): string => join(home, path)
  const lay = (given: Readonly<Record<string, string | Buffer>>, permissions = 0o644): void => {
    for (const [path, bytes] of Object.entries(given)) files.put(bytes, permissions, at(path))
  }
  const delivery = (profile = 'jit-prod-db', mark = '') => [subject.delivery(profile, mark)]
  return {
    files,
    clock,
    leasing,
    mode,
    at,
    lay,
    layAll: (permissions?: number) => {
      lay(subject.home)
      for (const { path, original } of subject.shared) lay({ [path]: original }, permissions)
    },
    write: (id = 'g_1', target = 'prod-db', mark = '', ttlMs = HOUR_MS, by: Leasing = leasing) =>
      by.write({ ...newLease(clock, id, target, ttlMs), deliver: mode }, delivery(`jit-${target}`, mark)),
    renew: (id: string, target: string, mark: string) => leasing.renew(id, delivery(`jit-${target}`, mark)),
    check: () =>
      leasing.check(
        delivery().map(({ cloud, profile }) => ({
          cloud,
          profile,
          target: 'prod-db',
          asDefault: false,
          deliver: mode,
        })),
      ),
    wipe: (...ids: readonly string[]) => leasing.wipe(ids, 'revoked'),
    /** jit on the same home with other files under it. */
    over: (fs: FileSystem) => createLeasing({ ...leasingDeps({ ...place, fs }), keyStore: deps.keyStore }),
    keyStore: deps.keyStore,
    home: () => disk(home),
    secretsIn: (root = files.root) => filesHolding(root, subject.secrets),
    runtime: deps.runtime,
    [Symbol.dispose]: () => files[Symbol.dispose](),
  }
}
export type World = ReturnType<typeof sinkWorld>
