import type { Clock } from '../../platform/clock.ts'
import type { Config } from '../config/types.ts'
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
