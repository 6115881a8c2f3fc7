import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../../src/platform/clock.ts'
import { readTextFile, replaceTextFile, writeNewTextFile } from '../../../src/platform/text-file.ts'
import { makeOperations } from '../../../src/server/operations.ts'
import { openStore } from '../../../src/server/store/open.ts'
import type { StopRow } from '../../../src/server/store/types.ts'

const POLICY = '@id("all") permit (principal, action in [Action::"request", Action::"autoApprove"], resource);'
const configOf = (pipeline: string): string => `endpoint: https://jit.corp.example
store: { kind: sqlite, path: state.sqlite }
idp: { issuer: https://idp.corp.example, clients: { device: jit-device } }
policy: [policy.cedar]
workloads:
  issuers: [{ preset: github }]
  pipelines: [{ name: ${pipeline}, issuer: github, match: { repository_id: "1", ref: refs/heads/main } }]
targets:
  - { name: prod, maxDuration: 1h, kubernetes: { cluster: prod, server: "https://k8s.corp.example", audience: prod } }
`
let directory: string
let config: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'jit-operations-'))
  config = join(directory, 'jit-endpoint.yaml')
  writeFileSync(join(directory, 'policy.cedar'), POLICY)
  writeFileSync(config, configOf('deploy'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const operations = makeOperations({
  env: {},
  clock: systemClock,
  readText: readTextFile,
  writeNew: writeNewTextFile,
  replace: replaceTextFile,
  around: () => Promise.reject(new Error('not in this test')),
})
const opened = () =>
  openStore({ kind: 'sqlite', path: join(directory, 'state.sqlite') }, { clock: systemClock, report })
const report = (error: Error): never => {
  throw error
}

test('check warns of a stop by a name that the configuration does not have, until it is lifted', async () => {
  const stop = (id: string, scope: StopRow['scope'], value: string | null): StopRow => ({
    id,
    scope,
    value,
    reason: 'x',
    byJson: '{}',
    at: 1,
    liftedAt: null,
    carriedOutAt: null,
  })
  const store = await opened()
  await store.transaction(async (tx) => {
    await tx.insertStop(stop('s_1', 'pipeline', 'deploy'))
    await tx.insertStop(stop('s_2', 'target', 'gone'))
    await tx.insertStop(stop('s_3', 'user', 'nobody'))
    await tx.insertStop(stop('s_4', 'all', null))
    await tx.insertStop(stop('s_5', 'target', 'prod'))
  })
  const warned = async () => (await operations.check(config)).warnings.filter(({ message }) => message.includes('stop'))
  const warning = (id: string, what: string) => ({
    file: config,
    message: `stop ${id} is on ${what}, which is not configured: if it was renamed, it is no longer stopped. Stop it by its new name, or lift the stop: jit kill --lift ${id}`,
  })
  expect(await warned()).toEqual([warning('s_2', 'target gone')])
  writeFileSync(config, configOf('release'))
  expect(await warned()).toEqual([warning('s_1', 'pipeline deploy'), warning('s_2', 'target gone')])
  await store.transaction((tx) => tx.liftStop('s_1'))
  expect(await warned()).toEqual([warning('s_2', 'target gone')])
  await store.close()
})

test('what only reads makes no database where there is none, and says so', async () => {
  const nothing = {
    code: 'NOT_FOUND',
    message: expect.stringMatching(/^There is nothing in SQLite .*state\.sqlite yet\.$/),
  }
  await expect(operations.grants(config, { states: [], limit: 1 })).rejects.toMatchObject(nothing)
  await expect(operations.verifyLog(config, undefined)).rejects.toMatchObject(nothing)
  await expect(operations.exportLog(config, 1, () => true)).rejects.toMatchObject(nothing)
  expect(await operations.keys(config)).toEqual([])
  await expect(operations.publishKeys(config, directory)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  expect(readdirSync(directory).toSorted()).toEqual(['jit-endpoint.yaml', 'policy.cedar'])
  await (await opened()).close()
  expect(await operations.verifyLog(config, undefined)).toMatchObject({ ok: true, head: { seq: 0 } })
  expect(await operations.grants(config, { states: [], limit: 1 })).toEqual({ grants: [] })
})
