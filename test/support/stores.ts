import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { StoreLook } from '../../src/server/store/look.ts'
import { lookIntoStore, openStore } from '../../src/server/store/open.ts'
import type { Store } from '../../src/server/store/types.ts'
import { movableClock } from './approvals.ts'
import { type PostgresServer, startPostgres } from './postgres.ts'

/** One empty database, with as many stores on it as a test wants replicas, and a time that the test can move. */
export type Database = {
  /** Opens one more store, as one more replica would. */
  open(): Promise<Store>
  advance(ms: number): Promise<void>
  /** As `check` looks, who changes nothing. */
  look<T>(work: (look: StoreLook) => Promise<T>): Promise<T>
  /** Runs SQL behind the stores' back. */
  execute(sql: string): Promise<void>
  remove(): Promise<void>
}

/** A place to make databases in, e.g. a running server. */
export type Place = { database(): Promise<Database>; stop(): Promise<void> }

const report = (error: Error): never => {
  throw error
}

export async function sqlitePlace(): Promise<Place> {
  const { DatabaseSync } = await import('node:sqlite')
  return {
    database: async () => {
      const directory = mkdtempSync(join(tmpdir(), 'jit-store-'))
      const path = join(directory, 'endpoint.db')
      const clock = movableClock()
      return {
        open: () => openStore({ kind: 'sqlite', path }, { clock, report }),
        advance: async (ms) => clock.advance(ms),
        look: (work) => lookIntoStore({ kind: 'sqlite', path }, clock, work),
        execute: async (sql) => {
          const database = new DatabaseSync(path)
          database.exec(sql)
          database.close()
        },
        remove: async () => rmSync(directory, { recursive: true }),
      }
    },
    stop: async () => undefined,
  }
}

export async function postgresPlace(): Promise<Place> {
  const server: PostgresServer = await startPostgres()
  return {
    database: async () => {
      const url = await server.database()
      const execute = async (sql: string): Promise<void> => {
        const client = new Client({ connectionString: url })
        await client.connect()
        await client.query(sql)
        await client.end()
      }
      let offset = 0
      return {
        open: () => openStore({ kind: 'postgres', url }, { clock: movableClock(), report }),
        look: (work) => lookIntoStore({ kind: 'postgres', url }, movableClock(), work),
        advance: async (ms) => {
          offset += ms
          await execute(`create or replace function jit_now() returns bigint language sql volatile
            as 'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint + ${offset}'`)
        },
        execute,
        remove: async () => undefined,
      }
    },
    stop: () => server.stop(),
  }
}
