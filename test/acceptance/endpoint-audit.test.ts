import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runEndpoint } from '../support/run-endpoint.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let leaves: readonly string[]

beforeAll(async () => {
  world = await startWorld()
  const alice = world.person('alice')
  await alice.logIn()
  await alice.jit('elevate', 'staging-db', '--for', '1h', '--reason', 'look at yesterday')
  await alice.jit('revoke', 'staging-db')
  leaves = (await endpoint('audit', 'export')).stdout.trimEnd().split('\n')
})
afterAll(() => world.close())

const endpoint = (...args: string[]) => runEndpoint([...args, '--config', world.endpoint.config])

function exported(lines: readonly string[]): string {
  const file = path.join(world.directory, 'export.jsonl')
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

test('tells what was asked, decided and issued, in that order, and that it was ended and wiped', () => {
  const kinds: readonly string[] = leaves.map((line) => JSON.parse(line).body.kind)
  expect(kinds.slice(0, 3)).toEqual(['request.asked', 'request.approved', 'grant.issued'])
  expect(kinds.slice(3).toSorted()).toEqual(['grant.ended', 'lease.wiped']) // told side by side
  expect(leaves[0]).toContain('look at yesterday')
})

test('verifies in the database and as an export without the endpoint', async () => {
  const inDatabase = await endpoint('audit', 'verify', '--json')
  const offline = await runEndpoint(['audit', 'verify', exported(leaves), '--json'])
  expect(inDatabase.code).toBe(0)
  expect(JSON.parse(offline.stdout)).toEqual(JSON.parse(inDatabase.stdout))
})

test.each<[string, (lines: readonly string[]) => readonly string[], number]>([
  ['a changed word', ([first = '', ...rest]) => [first.replace('yesterday', 'tomorrow'), ...rest], 1],
  ['a dropped leaf', (lines) => lines.toSpliced(1, 1), 2],
  ['a leaf twice', (lines) => lines.toSpliced(1, 0, lines[0] ?? ''), 2],
  ['two leaves swapped', ([a = '', b = '', ...rest]) => [b, a, ...rest], 1],
  ['a line that is no leaf', (lines) => lines.with(2, 'nonsense'), 3],
  ['a word beside what was hashed', ([first = '', ...rest]) => [first.replace('{', '{"note":"seen",'), ...rest], 1],
  [
    'a word said twice',
    ([first = '', ...rest]) => [first.replace('"reason":', '"reason":"fine","reason":'), ...rest],
    1,
  ],
])('finds %s', async (_what, spoil, at) => {
  const { code, stderr } = await runEndpoint(['audit', 'verify', exported(spoil(leaves))])
  expect({ code, stderr }).toEqual({ code: 8, stderr: expect.stringContaining(`from leaf ${at} on`) })
})

test('a log that was cut is found by a remembered head, and only so', async () => {
  const { head } = JSON.parse((await endpoint('audit', 'verify', '--json')).stdout)
  const cut = exported(leaves.slice(0, -1))
  expect((await runEndpoint(['audit', 'verify', cut])).code).toBe(0)
  const remembered = await runEndpoint(['audit', 'verify', cut, '--head', `${head.seq}:${head.hash}`])
  expect({ code: remembered.code, stderr: remembered.stderr }).toEqual({
    code: 8,
    stderr: expect.stringContaining('it was cut'),
  })
})
