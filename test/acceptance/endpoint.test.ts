import { readAwsCredential } from '../../src/contract/credential.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateEphemeralKey } from '../../src/client/exchange/ephemeral-key.ts'
import { unseal } from '../../src/client/exchange/unseal.ts'
import type { NewRequest } from '../../src/contract/request.ts'
import { ACCOUNT, AUDIENCE, awsAccount, roleArn, trustOf } from '../support/aws-account.ts'
import { signedCall } from '../support/aws-request.ts'
import { type AwsSimulator, startAwsSimulator } from '../simulators/aws/simulator.ts'
import { type EndpointHome, endpointHome, type EndpointProcess } from '../support/endpoint-process.ts'
import { type Idp, startIdp } from '../support/idp.ts'
import { type JitPerson, jitPerson } from '../support/jit-person.ts'

const POLICY = `
@id("dev-may-ask")
permit (principal in Group::"dev", action == Action::"request", resource);

@id("sandbox-is-open")
permit (principal in Group::"dev", action == Action::"autoApprove", resource == Target::"sandbox");

@id("dba-approves")
permit (principal in Group::"dba", action == Action::"approve", resource == Target::"prod-db");
`
const TARGETS = `
targets:
  - { name: prod-db, maxDuration: 2h, aws: { role: "${roleArn('prod-db')}", region: eu-central-1 } }
  - { name: sandbox, maxDuration: 2h, aws: { role: "${roleArn('sandbox')}", region: eu-central-1 } }
`
const wish = (target: string, more: Partial<NewRequest> = {}): NewRequest => ({
  targets: [target],
  durationSeconds: 900,
  reason: 'slow query in orders',
  host: 'laptop',
  ...more,
})

let idp: Idp
let aws: AwsSimulator
let home: EndpointHome
let endpoint: EndpointProcess
const people: JitPerson[] = []
const logIn = async (user: string, flow?: 'browser' | 'device'): Promise<JitPerson> => {
  const person = await jitPerson(home.url, user, flow)
  people.push(person)
  return person
}

const serve = (): Promise<EndpointProcess> => home.serve({ AWS_ENDPOINT_URL_STS: aws.url })

beforeAll(async () => {
  idp = await startIdp({ deviceInterval: 1 })
  home = await endpointHome({ ...idp, policy: POLICY, more: TARGETS })
  const host = new URL(home.url).host
  const trust = (target: string) => [
    trustOf(home.url, { Condition: { StringEquals: { [`${host}:aud`]: AUDIENCE, [`${host}:sub`]: `jit:${target}` } } }),
  ]
  aws = await startAwsSimulator(awsAccount(home.url, { 'prod-db': trust('prod-db'), sandbox: trust('sandbox') }))
  endpoint = await serve()
})
afterAll(async () => {
  for (const person of people) person.remove()
  await home.remove()
  await aws.close()
  await idp.close()
})

describe('a request that people decide', () => {
  test('is asked, seen by its approver, approved, and turned into credentials that AWS takes', async () => {
    const [alice, bob] = [await logIn('alice'), await logIn('bob')]
    expect((await alice.api.targets()).map(({ name, approval }) => [name, approval.kind])).toEqual([
      ['prod-db', 'people'],
      ['sandbox', 'automatic'],
    ])
    const asked = await alice.api.ask(wish('prod-db'), 'acceptance-1')
    expect(asked).toMatchObject({ state: 'pending', requester: alice.login.me.person, grants: [] })
    expect((await alice.api.ask(wish('prod-db'), 'acceptance-1')).id).toBe(asked.id)

    const decided = alice.api.request(asked.id, 25)
    const [seen] = await bob.api.requests('to-review')
    expect(seen).toMatchObject({ id: asked.id, fingerprint: asked.fingerprint, origin: { address: '127.0.0.1' } })
    await bob.api.approve(asked.id)
    const { state, grants } = await decided
    expect(state).toBe('approved')

    const key = generateEphemeralKey()
    const answer = await alice.api.credentials(grants[0]?.id ?? '', key.publicKey)
    const [sealed] = answer.credentials
    if (sealed === undefined) throw new Error('no credentials')
    const credential = unseal(sealed, key.privateKey, readAwsCredential)
    expect(credential.roleArn).toBe(roleArn('prod-db'))
    expect(credential.sessionArn).toContain(`arn:aws:sts::${ACCOUNT}:assumed-role/prod-db/`)
    const read = () => signedCall(aws.url, credential, { service: 's3', path: '/ledger/q3.txt' })
    expect(await read()).toMatchObject({ status: 200, text: 'numbers\n' })

    expect(await alice.api.endGrant(answer.grant.id)).toMatchObject({ state: 'ended', endReason: 'revoked' })
    await expect(alice.api.credentials(answer.grant.id, key.publicKey)).rejects.toMatchObject({ code: 'GRANT_ENDED' })
  })

  test('is not approved by who asked, nor by who may not', async () => {
    const [carol, dave] = [await logIn('carol'), await logIn('dave')]
    const { id } = await carol.api.ask(wish('prod-db'), 'acceptance-2')
    await expect(carol.api.approve(id)).rejects.toMatchObject({ code: 'DENIED' })
    await expect(dave.api.approve(id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await carol.api.cancel(id)).toMatchObject({ state: 'cancelled' })
  })

  test('is denied with a reason', async () => {
    const [alice, bob] = [await logIn('alice'), await logIn('bob')]
    const { id } = await alice.api.ask(wish('prod-db'), 'acceptance-3')
    expect(await bob.api.deny(id, 'not now')).toMatchObject({ state: 'denied', decision: { reason: 'not now' } })
  })
})

describe('a request that policy decides', () => {
  test('is approved at once, also after a login by device code', async () => {
    const alice = await logIn('alice', 'device')
    expect(alice.login.me.flow).toBe('device')
    expect(await alice.api.ask(wish('sandbox'), 'acceptance-4')).toMatchObject({
      state: 'approved',
      decision: { by: 'policy', policies: ['dev-may-ask', 'sandbox-is-open'] },
      grants: [{ target: 'sandbox', state: 'active' }],
    })
  })

  test.each([
    ['a target that is not there', wish('nowhere'), 'NOT_FOUND'],
    ['too long a time', wish('sandbox', { durationSeconds: 7201 }), 'DENIED'],
    ['no reason', wish('sandbox', { reason: ' ' }), 'USAGE'],
  ])('is refused for %s, in a sentence and with what to do', async (_, request, code) => {
    const alice = await logIn('alice')
    const refusal = await alice.api.ask(request, 'acceptance-5').catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code, message: expect.stringMatching(/^[A-Za-z].*\.$/), hint: expect.any(String) })
  })
})

describe('stopping and starting', () => {
  test('SIGTERM answers who waits, ends with 0, and the next start knows requests, keys and logins', async () => {
    const alice = await logIn('alice')
    const { id } = await alice.api.ask(wish('prod-db'), 'acceptance-6')
    const waiting = alice.api.request(id, 25)
    // Answered on a second connection, so the endpoint has read the call that waits on the first.
    expect(await alice.api.request(id, 0)).toMatchObject({ state: 'pending' })
    endpoint.child.kill('SIGUSR1') // at which Node would open a debugger
    const keys = await (await fetch(`${home.url}/jwks.json`)).text()
    const ended = endpoint.end('SIGTERM')
    expect((await waiting).state).toBe('pending')
    expect(await ended).toBe(0)
    expect(endpoint.log()).not.toContain('Debugger')

    endpoint = await serve()
    expect(await (await fetch(`${home.url}/jwks.json`)).text()).toBe(keys)
    expect(await alice.api.cancel(id)).toMatchObject({ state: 'cancelled' })
  })

  test('after kill -9 everything that was answered is still there', async () => {
    const alice = await logIn('alice')
    const { id } = await alice.api.ask(wish('sandbox'), 'acceptance-7')
    expect(await endpoint.end('SIGKILL')).toBe('SIGKILL')
    endpoint = await serve()
    expect(await alice.api.request(id, 0)).toMatchObject({ state: 'approved' })
  })

  test('what was logged holds no token and no credential', async () => {
    const alice = await logIn('alice')
    const log = endpoint.log()
    expect(log).toContain('"path":"/v1/sessions"')
    expect(log).not.toMatch(/eyJ[\w-]{8,}\./)
    for (const part of alice.login.accessToken.split('.')) expect(log).not.toContain(part)
  })
})

describe('keys', () => {
  test('are listed, rotated at the time only, and published as files while the endpoint runs', async () => {
    const listed = JSON.parse(home.command('keys', 'list', '--config', home.config, '--json').out).keys
    expect(listed.map(({ use, state }: Record<string, string>) => `${use} ${state}`)).toEqual([
      'grant signing',
      'grant next',
      'access signing',
    ])
    expect(JSON.stringify(listed)).not.toContain('"d"')
    const { out } = home.command('keys', 'rotate', '--config', home.config, '--json')
    expect(JSON.parse(out).rotations).toMatchObject([
      { use: 'grant', done: false },
      { use: 'access', done: true },
    ])

    const site = `${home.directory}/site`
    expect(home.command('keys', 'publish', site, '--config', home.config).code).toBe(0)
    const { readFileSync } = await import('node:fs')
    for (const path of ['/jwks.json', '/.well-known/openid-configuration'])
      expect(JSON.parse(readFileSync(site + path, 'utf8'))).toEqual(await (await fetch(home.url + path)).json())
  })

  test('replaced in an emergency are gone from the JWKS and say what broke; people who are logged in go on', async () => {
    const alice = await logIn('alice')
    const { keys } = JSON.parse(await (await fetch(`${home.url}/jwks.json`)).text())
    const { code, err } = home.command('keys', 'rotate', '--now', '--config', home.config)
    expect(code).toBe(0)
    expect(err).toMatch(/accepted nowhere any more/)
    await expect
      .poll(async () => (await fetch(`${home.url}/jwks.json`)).text(), { timeout: 15_000, interval: 500 })
      .not.toContain(keys[0].kid)
    // The access token is void: jit's client brings a new ID token by itself.
    expect((await alice.api.me()).person).toEqual(alice.login.me.person)
  })
})
