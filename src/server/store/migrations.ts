import { type CreateTableBuilder, type RawBuilder, sql } from 'kysely'
import { JitError } from '../../base/errors.ts'
import { type Db, NOW, PENDING } from './tables.ts'

export type DatabaseKind = 'sqlite' | 'postgres'

/** Entry n brings a database from version n to n + 1. Entries are never changed, only added: forward is the only direction. */
const MIGRATIONS: readonly ((db: Db, kind: DatabaseKind) => Promise<void>)[] = [
  firstTables,
  stopsAndReceipts,
  collectors,
]

/** The version of the schema that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length

/**
 * Brings the schema to {@link SCHEMA_VERSION}, inside a transaction that no other program can be in at the same time.
 * Throws `CONFIG` for a database of a newer version: an older program would break promises that it does not know.
 */
export async function migrate(db: Db, kind: DatabaseKind, name: string): Promise<void> {
  await db.schema.createTable('schema_version').ifNotExists().addColumn('version', 'integer', required).execute()
  const found = (await db.selectFrom('schema_version').select('version').executeTakeFirst())?.version ?? 0
  refuseNewer(found, name)
  if (found === SCHEMA_VERSION) return
  for (const step of MIGRATIONS.slice(found)) await step(db, kind)
  await db.deleteFrom('schema_version').execute()
  await db.insertInto('schema_version').values({ version: SCHEMA_VERSION }).execute()
}

export function refuseNewer(found: number, name: string): void {
  if (found <= SCHEMA_VERSION) return
  throw new JitError(
    'CONFIG',
    `${name} has schema version ${found}, but this jit-endpoint knows versions up to ${SCHEMA_VERSION}.`,
    'Start the newer jit-endpoint that wrote it, or restore a backup from before the upgrade.',
  )
}

async function firstTables(db: Db, kind: DatabaseKind): Promise<void> {
  // clock_timestamp(), not now(): after waiting for a lock, the start of the transaction is in the past.
  if (kind === 'postgres')
    await sql`create function jit_now() returns bigint language sql volatile
      as 'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint'`.execute(db)

  await withColumns(db.schema.createTable('requests'), {
    text: ['id', 'state', 'requester_issuer', 'requester_subject', 'asked', 'needs'],
    bigint: ['created_at', 'expires_at', 'holds'],
    optionalText: ['decision'],
  })
    .addPrimaryKeyConstraint('requests_pk', ['id'])
    .execute()
  await index(db, 'requests', 'requests_by_person', ['requester_issuer', 'requester_subject', 'created_at'])
  await pendingIndex(db, 'requests_pending', ['expires_at', 'id'])
  await pendingIndex(db, 'requests_pending_by_person', ['requester_issuer', 'requester_subject', 'expires_at'])

  await withColumns(db.schema.createTable('approvals'), {
    text: ['request_id', 'issuer', 'subject', 'approval'],
    bigint: ['at'],
  })
    .addPrimaryKeyConstraint('approvals_pk', ['request_id', 'issuer', 'subject'])
    .addForeignKeyConstraint('approvals_request', ['request_id'], 'requests', ['id'])
    .execute()

  await withColumns(db.schema.createTable('grants'), {
    text: ['id', 'request_id', 'target', 'holder_issuer', 'holder_subject', 'jkt'],
    bigint: ['starts_at', 'ends_at', 'holds'],
    optionalText: ['deliver', 'end_reason'],
    optionalBigint: ['ended_at'],
  })
    .addPrimaryKeyConstraint('grants_pk', ['id'])
    .addUniqueConstraint('grants_once', ['request_id', 'target'])
    .addForeignKeyConstraint('grants_request', ['request_id'], 'requests', ['id'])
    .execute()

  await withColumns(db.schema.createTable('leaves'), {
    bigint: ['seq', 'at'],
    text: ['prev_hash', 'hash', 'body'],
  })
    .addPrimaryKeyConstraint('leaves_pk', ['seq'])
    // A chain that forks, in whatever way it came about, is refused by the database itself.
    .addUniqueConstraint('leaves_no_fork', ['prev_hash'])
    .execute()

  await withColumns(db.schema.createTable('idempotency_keys'), {
    text: ['issuer', 'subject', 'key', 'body_hash', 'request_id'],
    bigint: ['created_at'],
  })
    .addPrimaryKeyConstraint('idempotency_keys_pk', ['issuer', 'subject', 'key'])
    .execute()
  await index(db, 'idempotency_keys', 'idempotency_keys_by_age', ['created_at'])

  await withColumns(db.schema.createTable('signing_keys'), {
    text: ['kid', 'use', 'private_jwk'],
    bigint: ['created_at', 'activate_at'],
    optionalBigint: ['retire_at'],
  })
    .addPrimaryKeyConstraint('signing_keys_pk', ['kid'])
    .execute()

  await withColumns(db.schema.createTable('claims'), { text: ['kind', 'hash'], bigint: ['expires_at'] })
    .addPrimaryKeyConstraint('claims_pk', ['kind', 'hash'])
    .execute()
  await index(db, 'claims', 'claims_by_expiry', ['expires_at'])
}

async function stopsAndReceipts(db: Db): Promise<void> {
  for (const name of ['issued_at', 'wiped_at', 'unconfirmed_at'])
    await db.schema.alterTable('grants').addColumn(name, 'bigint').execute()
  // What is live may have been issued: nobody noted it. Better to ask after a wipe too often than once too little.
  await sql`update grants set issued_at = starts_at
    where ended_at is null and starts_at <= ${NOW} and ends_at > ${NOW}`.execute(db)
  await index(db, 'grants', 'grants_by_end', ['ends_at', 'id'])
  await partialIndex(db, 'grants', 'grants_ended', ['ended_at'], sql<boolean>`ended_at is not null`)
  const unwiped = sql<boolean>`issued_at is not null and wiped_at is null and unconfirmed_at is null`
  await partialIndex(db, 'grants', 'grants_unwiped', ['ends_at'], unwiped)

  await withColumns(db.schema.createTable('receipts'), {
    text: ['grant_id', 'machine', 'outcome'],
    bigint: ['reported_at', 'recorded_at'],
    optionalText: ['why'],
  })
    .addPrimaryKeyConstraint('receipts_pk', ['grant_id', 'machine'])
    .addForeignKeyConstraint('receipts_grant', ['grant_id'], 'grants', ['id'])
    .execute()

  await withColumns(db.schema.createTable('stops'), {
    text: ['id', 'scope', 'reason', 'by'],
    bigint: ['at'],
    optionalText: ['value'],
    optionalBigint: ['lifted_at', 'carried_out_at'],
  })
    .addPrimaryKeyConstraint('stops_pk', ['id'])
    .execute()
  await partialIndex(db, 'stops', 'stops_in_force', ['at'], sql<boolean>`lifted_at is null`)
}

/** Of what was collected before, nobody noted who: a stop goes by whoever asked for it. */
async function collectors(db: Db): Promise<void> {
  await db.schema.alterTable('grants').addColumn('collector_pipelines', 'text').execute()
}

type Columns = Partial<Record<'text' | 'bigint' | 'optionalText' | 'optionalBigint', readonly string[]>>

function withColumns<T extends string>(table: CreateTableBuilder<T, string>, columns: Columns) {
  let built = table
  for (const name of columns.text ?? []) built = built.addColumn(name, 'text', required)
  for (const name of columns.bigint ?? []) built = built.addColumn(name, 'bigint', required)
  for (const name of columns.optionalText ?? []) built = built.addColumn(name, 'text')
  for (const name of columns.optionalBigint ?? []) built = built.addColumn(name, 'bigint')
  return built
}

const index = (db: Db, table: string, name: string, columns: readonly string[]): Promise<void> =>
  db.schema
    .createIndex(name)
    .on(table)
    .columns([...columns])
    .execute()

/** Holds pending requests only: its size does not grow with the history. */
const pendingIndex = (db: Db, name: string, columns: readonly string[]): Promise<void> =>
  partialIndex(db, 'requests', name, columns, sql<boolean>`state = ${PENDING}`)

const partialIndex = (
  db: Db,
  table: string,
  name: string,
  columns: readonly string[],
  holds: RawBuilder<boolean>,
): Promise<void> =>
  db.schema
    .createIndex(name)
    .on(table)
    .columns([...columns])
    .where(holds)
    .execute()

const required = <B extends { notNull(): B }>(column: B): B => column.notNull()
