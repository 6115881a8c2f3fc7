import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemRandom } from '../../../src/platform/random.ts'
import { compose } from '../../../src/server/compose.ts'
import { makeLog } from '../../../src/server/http/log.ts'
import { loadPolicy } from '../../../src/server/policy/load.ts'
import { movableClock } from '../../support/approvals.ts'
import { configOf } from '../../support/endpoint-config.ts'
import { caller, target } from '../../support/policy.ts'

const HOUR = 3_600_000
const GIVES = '@id("a") permit(principal, action in [Action::"request", Action::"autoApprove"], resource);'
const mia = caller('mia')
const wish = { targets: ['prod-db'], durationSeconds: 3600, reason: 'slow query', host: 'laptop' }
let directory: string
let clock: ReturnType<typeof movableClock>
let logged: { readonly level: string; readonly msg: string }[]

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'jit-compose-'))
  clock = movableClock()
  logged = []
})
afterEach(() => rmSync(directory, { recursive: true }))

const started = async (text = GIVES, targets = [target()]) => {
  const config = configOf(targets, { store: { kind: 'sqlite', path: path.join(directory, 'e.db') } })
  const endpoint = await compose(config, loadPolicy({ files: [{ path: 'p.cedar', text }], targets: config.targets }), {
    env: {},
    clock,
    random: systemRandom,
    http: () => Promise.reject(new Error('not in this test')),
    log: makeLog({ write: (line) => void logged.push(JSON.parse(line)) }),
    stopping: new AbortController().signal,
  })
  await endpoint.begin()
  return endpoint
}

test('a wipe that nobody confirms is one warning in the log, and one only', async () => {
  const { services, sweep, close } = await started()
  const [grant] = (await services.approvals.ask(mia, wish, 'k')).grants
  await services.approvals.issue(mia, grant?.id ?? '')
  clock.advance(HOUR)
  await sweep()
  expect(logged).toEqual([])
  clock.advance(HOUR)
  await sweep()
  await sweep()
  expect(logged).toMatchObject([
    { level: 'warn', msg: 'wipe not confirmed', grant: grant?.id, target: 'prod-db', holder: 'mia' },
  ])
  await close()
})

test('a start with another policy ends what that would not have given, before anybody is served', async () => {
  const before = await started()
  const { id, grants } = await before.services.approvals.ask(mia, wish, 'k')
  await before.close()
  const same = await started()
  expect((await same.services.approvals.get(mia, id)).grants).toEqual(grants)
  await same.close()
  const after = await started(
    `${GIVES} @id("b") forbid(principal, action, resource) when { context.flow == "browser" };`,
  )
  expect((await after.services.approvals.get(mia, id)).grants).toMatchObject([{ state: 'ended', endReason: 'revoked' }])
  expect(logged).toMatchObject([{ level: 'warn', ended: 1 }])
  await after.close()
})

test('a start warns of a stop by a name that is no longer configured', async () => {
  const text = `${GIVES} @id("m") permit(principal, action == Action::"administer", resource);`
  const before = await started(text)
  const { stop } = await before.services.approvals.throwStop(mia, { scope: 'target', value: 'prod-db', reason: 'x' })
  await before.close()
  await (await started(text)).close()
  expect(logged).toEqual([])
  await (await started(text, [target('prod-database')])).close()
  expect(logged).toMatchObject([{ level: 'warn', stop: stop.id, scope: 'target', value: 'prod-db' }])
})
