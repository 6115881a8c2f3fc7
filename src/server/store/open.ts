import type { Clock } from '../../platform/clock.ts'
import type { Config } from '../config/types.ts'
import type { StoreLook } from './look.ts'
import type { Store } from './types.ts'

/** Opens the configured database and brings its schema up to date. Rejects with `JitError` where it cannot be used. */
export async function openStore(
  config: Config['store'],
  deps: { readonly clock: Clock; readonly report: (error: Error) => void },
): Promise<Store> {
  if (config.kind === 'postgres') {
    const { openPostgresStore } = await import('./postgres.ts')
    return openPostgresStore(config.url, deps.report)
  }
  const { openSqliteStore } = await import('./sqlite.ts')
  return openSqliteStore(config.path, deps.clock)
}

/** Shows `work` what is in the configured database, and makes and changes nothing, whoever runs it. Rejects as {@link openStore} does. */
export async function lookIntoStore<T>(
  config: Config['store'],
  clock: Clock,
  work: (look: StoreLook) => Promise<T>,
): Promise<T> {
  if (config.kind === 'postgres') {
    const { lookIntoPostgresStore } = await import('./postgres.ts')
    return lookIntoPostgresStore(config.url, work)
  }
  const { lookIntoSqliteStore } = await import('./sqlite.ts')
  return lookIntoSqliteStore(config.path, clock, work)
}
