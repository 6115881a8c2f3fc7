import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/platform/clock.ts'
import { verifyLeaves } from '../../src/server/audit/verify.ts'
import { openSqliteStore } from '../../src/server/store/sqlite.ts'
import { leavesOf } from '../support/approvals.ts'

const ROUNDS = Number(process.env['JIT_TEST_KILLS'] ?? 6)

test('kill -9 in the middle of many elevations loses none that was acknowledged, and leaves no grant without its leaf', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'jit-kill-'))
  const path = join(directory, 'endpoint.db')
  const acknowledged: string[] = []
  for (let round = 0; round < ROUNDS; round++)
    acknowledged.push(...(await elevateUntilKilled(path, round, 40 + round * 7)))

  const store = await openSqliteStore(path, systemClock)
  const leaves = await leavesOf(store)
  await store.close()
  expect(await verifyLeaves(leaves)).toMatchObject({ ok: true })
  const approved = new Set<string>()
  const issued = new Set<string>()
  for (const { body } of leaves) {
    const { kind, grants, grant } = Object(body)
    if (kind === 'request.approved') for (const each of grants) approved.add(each.grant)
    if (kind === 'grant.issued') issued.add(grant)
  }
  const granted = grantsIn(path)
  expect(acknowledged.length).toBeGreaterThan(ROUNDS * 40)
  expect(acknowledged.filter((id) => !granted.includes(id) || !issued.has(id))).toEqual([])
  expect(granted.filter((id) => !approved.has(id))).toEqual([])
  expect(approved.size).toBe(granted.length)
  rmSync(directory, { recursive: true })
})

/** Lets a process work until it has acknowledged `enough`, then kills it wherever it is; returns all it acknowledged. */
async function elevateUntilKilled(path: string, round: number, enough: number): Promise<readonly string[]> {
  const script = join(import.meta.dirname, '../support/elevating-process.ts')
  const child = spawn(process.execPath, [script, path, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  const seen: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    seen.push(line)
    if (seen.length === enough) child.kill('SIGKILL')
  }
  expect(await gone).toEqual([null, 'SIGKILL'])
  return seen.filter((line) => line.length > 'g_'.length + 25) // the last line may be torn
}

function grantsIn(path: string): readonly string[] {
  const database = new DatabaseSync(path)
  const rows = database.prepare('select id from grants').all()
  database.close()
  return rows.map(({ id }) => String(id))
}
