import { setImmediate as nextTurn } from 'node:timers/promises'

/** The transaction statements of one connection. Calls block until they are done. */
export type TransactionControl = { run(sql: string): void; inTransaction(): boolean }

type Member = {
  /** Does the work; resolves to what tells its caller once the commit is durable. */
  readonly work: () => Promise<() => void>
  readonly fail: (error: unknown) => void
}

/** More would make the first wait for the last. */
const MOST_TOGETHER = 64

/**
 * Transactions on the one writing connection. Those that are asked for in the same turn of the event loop share one
 * commit, so one disk sync; each has its own savepoint, so that one which fails undoes only itself. Nobody is told before the commit.
 */
export function groupCommit(connection: TransactionControl): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: Member[] = []
  let draining = false

  const drain = async (): Promise<void> => {
    draining = true
    while (waiting.length > 0) {
      await nextTurn()
      await commitTogether(connection, waiting.splice(0, MOST_TOGETHER))
    }
    draining = false
  }

  return (work) =>
    new Promise((resolve, reject) => {
      waiting.push({
        work: async () => {
          const value = await work()
          return () => resolve(value)
        },
        fail: reject,
      })
      if (!draining) void drain()
    })
}

async function commitTogether(connection: TransactionControl, members: readonly Member[]): Promise<void> {
  try {
    const told: (() => void)[] = []
    connection.run('begin immediate')
    for (const member of members) told.push(await underSavepoint(connection, member))
    connection.run('commit')
    for (const tell of told) tell()
  } catch (error) {
    if (connection.inTransaction()) connection.run('rollback')
    for (const member of members) member.fail(error)
  }
}

async function underSavepoint(connection: TransactionControl, member: Member): Promise<() => void> {
  connection.run('savepoint member')
  try {
    const tell = await member.work()
    connection.run('release member')
    return tell
  } catch (error) {
    // Where SQLite has rolled back everything, e.g. on a full disk, this throws and the whole group fails.
    connection.run('rollback to member')
    connection.run('release member')
    return () => member.fail(error)
  }
}
