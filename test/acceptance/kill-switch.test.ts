import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Company, startCompany } from '../bench/company.ts'
import { ApiCaller } from '../support/api-caller.ts'
import { type EndpointHome, endpointHome } from '../support/endpoint-process.ts'

const open = '@id("open") permit (principal, action in [Action::"request", Action::"autoApprove"], resource);'
const dev = { targets: ['dev'], durationSeconds: 3600, reason: 'slow query', host: 'laptop' }
const TARGETS = `
targets:
  - { name: dev, maxDuration: 2h, channel: strict, aws: { role: "arn:aws:iam::123456789012:role/dev", region: eu-central-1 } }
`
let company: Company
let home: EndpointHome

beforeAll(async () => {
  company = await startCompany()
  const policy = `${open}
@id("ada") permit (principal == User::"${company.issuer}#ada", action == Action::"administer", resource);`
  home = await endpointHome({
    issuer: company.issuer,
    clients: { browser: 'b', device: 'jit' },
    policy,
    more: TARGETS,
  })
})
afterAll(async () => {
  await home.remove()
  await company.close()
})

const logIn = async (subject: string): Promise<ApiCaller> => {
  const caller = await ApiCaller.make(home.url, home.port)
  expect((await caller.login(await company.idToken(subject))).status).toBe(200)
  return caller
}
const post = async (caller: ApiCaller, at: string, body?: unknown) =>
  (await caller.call(at, { method: 'POST', ...(body !== undefined && { body }) })).json
const grantIn = (request: Readonly<Record<string, unknown>>) => (request['grants'] as { id: string }[])[0]?.id ?? ''
const listed = (...args: string[]): { id: string; wipe: string; holder: { subject: string } }[] =>
  JSON.parse(home.command('grants', '--config', home.config, '--json', ...args).out).grants

test('a kill, its lifting, and a restart with another policy, as a waiting machine and the administrator see them', async () => {
  const first = await home.serve()
  const [ada, mia] = [await logIn('ada'), await logIn('mia')]
  const asked = await mia.ask(dev)
  expect(asked.json['grants']).toMatchObject([{ channel: 'strict', state: 'active' }])
  const grant = grantIn(asked.json)
  const waiting = post(mia, '/v1/channel', { grants: [grant], waitSeconds: 25 })
  const machine = await logIn('mia') // another key, as after a new login
  await post(mia, `/v1/grants/${grant}/receipts`, {
    outcome: 'stuck',
    at: '2026-11-22T10:00:00Z',
    machine: 'm',
    why: 'EIO',
  })

  expect(await post(mia, '/v1/stops', { scope: 'user', value: 'ada', reason: 'x' })).toMatchObject({ code: 'denied' })
  const killed = await post(ada, '/v1/stops', { scope: 'user', value: 'MIA', reason: 'laptop stolen' })
  expect(killed).toMatchObject({ endedGrants: 1, cancelledRequests: 0, stop: { by: { subject: 'ada' } } })
  expect(await waiting).toEqual({ ended: [{ grant, reason: 'killed' }] })
  const { id: stop } = killed['stop'] as { id: string }
  expect((await machine.ask(dev)).json).toMatchObject({
    code: 'denied',
    detail: 'Elevating is stopped for MIA: laptop stolen.',
    hint: `ada can lift stop ${stop}.`,
  })
  expect(listed('--stuck')).toMatchObject([{ id: grant, wipe: 'stuck', machines: [{ machine: 'm', why: 'EIO' }] }])
  await post(machine, `/v1/grants/${grant}/receipts`, { outcome: 'wiped', at: '2026-11-22T10:01:00Z', machine: 'm' })

  expect(await first.end('SIGTERM')).toBe(0)
  const second = await home.serve()
  expect((await mia.ask(dev)).json).toMatchObject({ code: 'denied' })
  expect(await post(ada, `/v1/stops/${stop}/lift`)).toMatchObject({ id: stop, liftedAt: expect.any(String) })
  const again = grantIn((await mia.ask(dev)).json)

  expect(await second.end('SIGTERM')).toBe(0)
  writeFileSync(
    path.join(home.directory, 'policy.cedar'),
    open.replace('resource)', 'resource) unless { context.flow == "browser" || context.flow == "device" }'),
  )
  await home.serve()
  expect(await post(mia, '/v1/channel', { grants: [again, grant], waitSeconds: 25 })).toEqual({
    ended: [
      { grant: again, reason: 'revoked' },
      { grant, reason: 'killed' },
    ],
  })
  const page = JSON.parse(home.command('grants', '--config', home.config, '--json', '--limit', '1').out)
  expect(page).toMatchObject({ grants: [{ id: again }], next: again })
  expect(listed('--after', page.next)).toMatchObject([{ id: grant, wipe: 'wiped' }])
  const kinds = home
    .command('audit', 'export', '--config', home.config)
    .out.trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).body.kind)
  expect(kinds.filter((kind) => !kind.startsWith('request.'))).toEqual([
    'lease.stuck',
    'stop.refused',
    'stop.thrown',
    'grant.ended',
    'lease.wiped',
    'stop.lifted',
    'grant.ended',
  ])
})
