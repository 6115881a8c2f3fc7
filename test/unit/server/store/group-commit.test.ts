import { describe, expect, test } from 'vitest'
import { groupCommit } from '../../../../src/server/store/group-commit.ts'

/** Notes the statements; `refuse` throws at one of them, and `rollsBack` ends the transaction with it, as SQLite does on a full disk. */
function fakeConnection({ refuse = '', rollsBack = false } = {}) {
  const ran: string[] = []
  let open = false
  return {
    ran,
    inTransaction: () => open,
    run: (sql: string) => {
      ran.push(sql)
      if (sql === refuse) {
        if (rollsBack) open = false
        throw new Error(`refused ${sql}`)
      }
      if (sql.startsWith('begin')) open = true
      if (sql === 'commit' || sql === 'rollback') open = false
    },
  }
}
const outcome = (settled: readonly PromiseSettledResult<unknown>[]) =>
  settled.map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason)))

describe('groupCommit', () => {
  test('those who come together share one commit, each under its own savepoint', async () => {
    const connection = fakeConnection()
    const transact = groupCommit(connection)
    const all = [
      transact(async () => 1),
      transact(async () => Promise.reject(new Error('mine'))),
      transact(async () => 3),
    ]
    expect(outcome(await Promise.allSettled(all))).toEqual([1, 'Error: mine', 3])
    const [start, keep] = ['savepoint member', 'release member']
    expect(connection.ran).toEqual([
      'begin immediate',
      start,
      keep,
      start,
      'rollback to member',
      keep,
      start,
      keep,
      'commit',
    ])
  })

  test('nobody is told before the commit', async () => {
    const connection = fakeConnection()
    const transact = groupCommit(connection)
    const told = (async () => {
      await transact(async () => 1)
      return connection.ran.at(-1)
    })()
    await transact(async () => 2)
    expect(await told).toBe('commit')
  })

  test.each([
    ['begin immediate', false, ['begin immediate']],
    ['commit', false, ['commit', 'rollback']],
    ['commit', true, ['commit']],
    ['release member', false, ['rollback to member', 'release member', 'rollback']],
  ])(
    'a refused %s (rolled back by the database: %s) fails all, and the next group starts afresh',
    async (refuse, rollsBack, last) => {
      const connection = fakeConnection({ refuse, rollsBack })
      const transact = groupCommit(connection)
      const all = await Promise.allSettled([transact(async () => 1), transact(async () => 2)])
      expect(outcome(all)).toEqual([`Error: refused ${refuse}`, `Error: refused ${refuse}`])
      expect(connection.ran.slice(-last.length)).toEqual(last)
      expect(connection.inTransaction()).toBe(false)
    },
  )

  test('who comes during a group gets the next one, in order', async () => {
    const connection = fakeConnection()
    const transact = groupCommit(connection)
    const order: number[] = []
    let later: Promise<number> | undefined
    await transact(async () => {
      order.push(1)
      later = transact(async () => order.push(2))
    })
    await later
    expect(order).toEqual([1, 2])
    expect(connection.ran.filter((sql) => sql === 'commit')).toHaveLength(2)
  })
})
