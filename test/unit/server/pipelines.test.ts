import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { readDiscovery } from '../../../src/contract/discovery.ts'
import { readCredentialsAnswer } from '../../../src/contract/grant.ts'
import { readAccessRequest, readAccessRequests, readExplanation } from '../../../src/contract/request.ts'
import { readMe, readSessionAnswer } from '../../../src/contract/session.ts'
import { readTargets } from '../../../src/contract/target.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { systemRandom } from '../../../src/platform/random.ts'
import { compose } from '../../../src/server/compose.ts'
import { loadConfiguration } from '../../../src/server/configuration.ts'
import { makeLog } from '../../../src/server/http/log.ts'
import { followedGrants } from '../../../src/server/followed-grants.ts'
import { openStore } from '../../../src/server/store/open.ts'
import type { Store } from '../../../src/server/store/types.ts'
import { ApiCaller, send } from '../../support/api-caller.ts'
import { leavesOf } from '../../support/approvals.ts'
import { type IdTokenIssuer, idTokenIssuer } from '../../support/id-token-issuer.ts'
import { serving } from '../../support/serving.ts'
import { PROVIDERS } from '../../support/workload-tokens.ts'

const ENDPOINT = 'https://jit.corp.example'
const CONFIG = `endpoint: ${ENDPOINT}
store: { kind: sqlite, path: state.sqlite }
idp: { issuer: https://idp.corp.example, clients: { device: jit-device } }
policy: [policy.cedar]
workloads:
  issuers: [{ preset: github }]
  pipelines:
    - { name: deploy-prod, issuer: github, match: { repository_id: "123456", environment: production } }
    - { name: other-app, issuer: github, match: { repository_id: "7", environment: production } }
targets:
  - { name: prod, maxDuration: 1h, kubernetes: { cluster: prod, server: "https://k8s.corp.example", audience: prod } }
  - { name: staging, maxDuration: 1h, kubernetes: { cluster: st, server: "https://st.corp.example", audience: st } }
`
const POLICY = `
@id("deploy-asks") permit (principal in Pipeline::"deploy-prod", action == Action::"request", resource);
@id("staging-at-once")
permit (principal in Pipeline::"deploy-prod", action == Action::"autoApprove", resource == Target::"staging");
@id("sre-approves") permit (principal in Group::"sre", action == Action::"approve", resource);
@id("everybody")
permit (principal, action in [Action::"request", Action::"autoApprove"], resource == Target::"prod");
`
const wish = { targets: ['prod'], durationSeconds: 600, reason: 'deploy 1.2.3', host: 'runner-1' }

/** Keys take long to make. */
let issuers: { readonly idp: IdTokenIssuer; readonly github: IdTokenIssuer }
let directory: string
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'jit-pipelines-'))
  issuers = {
    idp: await idTokenIssuer('https://idp.corp.example'),
    github: await idTokenIssuer(PROVIDERS.github.issuer),
  }
})
afterAll(() => rmSync(directory, { recursive: true }))

let made = 0
/** The endpoint as `serve` puts it together, on loopback and a database of its own. */
async function started() {
  const home = join(directory, String(++made))
  const { config, policy } = await loadConfiguration({
    path: join(home, 'jit-endpoint.yaml'),
    env: {},
    readText: (path) => (path.endsWith('.cedar') ? POLICY : CONFIG),
  })
  const endpoint = await compose(config, policy, {
    env: {},
    clock: systemClock,
    random: systemRandom,
    http: (request) => (issuers.idp.owns(request.url) ? issuers.idp : issuers.github).http(request),
    log: makeLog({ write: () => undefined }),
    stopping: new AbortController().signal,
  })
  onTestFinished(() => endpoint.close())
  const { port } = await serving(endpoint.services)
  const now = (): number => Math.floor(Date.now() / 1000)
  const token = (change: JWTPayload = {}): Promise<string> =>
    issuers.github.sign({ ...PROVIDERS.github.claims(ENDPOINT, now()), ...change })
  const job = async (change?: JWTPayload): Promise<ApiCaller> => {
    const caller = await ApiCaller.make(ENDPOINT, port)
    expect(await caller.login(await token(change))).toMatchObject({ status: 200 })
    return caller
  }
  const person = async (sub: string, groups: readonly string[]): Promise<ApiCaller> => {
    const caller = await ApiCaller.make(ENDPOINT, port)
    const claims = { iss: 'https://idp.corp.example', sub, aud: 'jit-device', iat: now(), exp: now() + 300, jti: sub }
    expect(await caller.login(await issuers.idp.sign({ ...claims, groups: [...groups] }))).toMatchObject({
      status: 200,
    })
    return caller
  }
  const collect = (caller: ApiCaller, grant: string | undefined) => {
    const { x, y } = caller.key.jwk
    return caller.call(`/v1/grants/${grant}/credentials`, {
      method: 'POST',
      body: { key: { kty: 'EC', crv: 'P-256', x, y } },
    })
  }
  async function inStore<T>(look: (store: Store) => Promise<T>): Promise<T> {
    const store = await openStore(config.store, { clock: systemClock, report: () => undefined })
    const seen = await look(store)
    await store.close()
    return seen
  }
  const log = async () => (await inStore(leavesOf)).map(({ body }) => body)
  const followed = () => inStore((store) => followedGrants(store, { states: ['live'], limit: 10 }))
  return { port, token, job, person, collect, log, followed }
}

describe('a pipeline at the whole endpoint', () => {
  test('finds out for whom its token must be, and logs in with it', async () => {
    const { port, token } = await started()
    const { json } = await send(port, '/.well-known/jit-configuration', {})
    expect(readDiscovery(json, 'd').workloads).toEqual({ audience: ENDPOINT, providers: ['github'] })
    const caller = await ApiCaller.make(ENDPOINT, port)
    const me = {
      person: {
        issuer: PROVIDERS.github.issuer,
        subject: 'repo:octo-org@65/octo-app@123456:environment:production',
        name: 'github: octo-org/octo-app@refs/heads/main (run 8123456/1)',
      },
      groups: [],
      flow: 'workload',
      pipelines: ['deploy-prod'],
    }
    expect(readSessionAnswer((await caller.login(await token())).json, 's').me).toEqual(me)
    expect(readMe((await caller.call('/v1/me')).json, 'me')).toEqual(me)
    const { targets } = readTargets((await caller.call('/v1/targets')).json, 't')
    expect(targets.map(({ name, approval }) => [name, approval.kind])).toEqual([
      ['prod', 'people'],
      ['staging', 'automatic'],
    ])
    const explained = await caller.call('/v1/requests/explain', { method: 'POST', body: wish })
    expect(readExplanation(explained.json, 'e').targets[0]).toMatchObject({ policies: ['deploy-asks'] })
  })

  test('is known at each call, also with as many claims as a token may bring', async () => {
    const { job } = await started()
    const claims = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`repo_property_${i}`, 'x'.repeat(75)]))
    const caller = await job(claims)
    expect((await caller.call('/v1/me')).status).toBe(200)
    expect(caller.accessToken?.length).toBeGreaterThan(10_000)
  })

  test('asks, a person approves, and a later job of the same run collects', async () => {
    const { job, person, collect, log, followed } = await started()
    const asking = await job()
    const asked = readAccessRequest((await asking.ask(wish)).json, 'r')
    expect(asked).toMatchObject({ state: 'pending', needs: [{ approval: { kind: 'people', approvers: ['sre'] } }] })

    const ana = await person('ana', ['sre'])
    const { requests } = readAccessRequests((await ana.call('/v1/requests?which=to-review')).json, 'r')
    expect(requests).toMatchObject([
      {
        requester: { name: 'github: octo-org/octo-app@refs/heads/main (run 8123456/1)' },
        origin: { host: 'runner-1', flow: 'workload' },
      },
    ])
    expect((await ana.call(`/v1/requests/${asked.id}/approve`, { method: 'POST' })).status).toBe(200)

    const later = await job()
    expect(later.key.jkt).not.toBe(asking.key.jkt)
    const seen = readAccessRequest((await later.call(`/v1/requests/${asked.id}`)).json, 'r')
    const grant = seen.grants[0]?.id
    const { credentials } = readCredentialsAnswer((await collect(later, grant)).json, 'c')
    expect(credentials).toMatchObject([{ cloud: 'kubernetes', profile: 'jit-prod' }])

    expect(await followed()).toMatchObject({ grants: [{ id: grant, pipelines: ['deploy-prod'] }] })
    const workload = { provider: 'github', pipelines: ['deploy-prod'], run: '8123456/1' }
    expect((await log())[0]).toMatchObject({ kind: 'request.asked', asked: { by: { flow: 'workload', workload } } })
  })

  test.each<[string, JWTPayload]>([
    ['another run', { run_id: '8123457' }],
    ['another attempt of the run', { run_attempt: '2' }],
    ['a run that says nothing of itself', { run_id: '' }],
  ])('collects nothing of %s', async (_what, change) => {
    const { job, collect, log } = await started()
    const asking = await job()
    const asked = readAccessRequest((await asking.ask({ ...wish, targets: ['staging'] })).json, 'r')
    expect((await collect(asking, asked.grants[0]?.id)).status).toBe(200)
    const { status, json } = await collect(await job(change), asked.grants[0]?.id)
    expect([status, json['code']]).toEqual([403, 'denied'])
    expect((await log()).at(-1)).toMatchObject({ kind: 'grant.refused', why: 'another installation asked for it' })
  })

  test('is refused where it waits for what another run asked, and may look at it all the same', async () => {
    const { job, person } = await started()
    const { id } = readAccessRequest((await (await job()).ask(wish)).json, 'r')
    const stranger = await job({ run_id: '8123457' })
    const looked = async () => readAccessRequest((await stranger.call(`/v1/requests/${id}`)).json, 'r').state
    const waited = async () => {
      const { status, json } = await stranger.call(`/v1/requests/${id}?wait=25`)
      return [status, json['code'], json['detail']]
    }
    const refusal = [403, 'denied', `Request ${id} cannot be collected here: another installation asked for it.`]
    expect([await looked(), await waited()]).toEqual(['pending', refusal])
    const ana = await person('ana', ['sre'])
    await ana.call(`/v1/requests/${id}/deny`, { method: 'POST', body: { reason: 'no' } })
    expect([await looked(), await waited()]).toEqual(['denied', refusal])
  })

  test('has no part in what is permitted to everybody, and approves nothing', async () => {
    const { job, person } = await started()
    const other = await job({
      repository_id: '7',
      repository: 'octo-org/other',
      sub: 'repo:octo-org@65/other@7:environment:production',
    })
    expect(readTargets((await other.call('/v1/targets')).json, 't').targets).toEqual([])
    expect((await other.ask(wish)).json['code']).toBe('not_found')

    const ana = await person('ana', [])
    const asked = readAccessRequest((await ana.ask(wish)).json, 'r')
    expect(asked.state).toBe('approved') // the same policy, for a person
    const waiting = readAccessRequest((await (await job()).ask(wish)).json, 'r')
    for (const verb of ['approve', 'deny'])
      expect(
        (await other.call(`/v1/requests/${waiting.id}/${verb}`, { method: 'POST', body: { reason: 'no' } })).status,
      ).toBe(404)
    expect(readAccessRequests((await other.call('/v1/requests?which=to-review')).json, 'r').requests).toEqual([])
  })

  test('is not whoever copied its token', async () => {
    const { port, token } = await started()
    const idToken = await token()
    const [job, thief] = [await ApiCaller.make(ENDPOINT, port), await ApiCaller.make(ENDPOINT, port)]
    expect((await job.login(idToken)).status).toBe(200)
    expect((await job.login(idToken)).status).toBe(200)
    expect(await thief.login(idToken)).toMatchObject({
      status: 401,
      json: { code: 'invalid_token', detail: 'The token of github was used before, with another key.' },
    })
  })
})
