import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BreakableNetwork, breakableNetwork } from '../support/breakable-network.ts'
import type { PersonHome } from '../support/person.ts'
import { hasFaketime, wrongClock } from '../support/wrong-clock.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let network: BreakableNetwork
let alice: PersonHome
let bob: PersonHome

beforeAll(async () => {
  world = await startWorld({ front: async (port) => (network = await breakableNetwork(port)) })
  ;[alice, bob] = await Promise.all([world.loggedIn('alice'), world.loggedIn('bob')])
})
afterAll(() => world.close())

async function waiting(reason: string) {
  const running = alice.start('elevate', 'prod-db', '--for', '20m', '--reason', reason)
  const [, id = ''] = await running.says(/\(request (r_\w{26})\)/)
  return { running, id }
}

test('a network that breaks, stays away and comes back with the endpoint killed and restarted meanwhile', async () => {
  const { running, id } = await waiting('broken network')
  await network.cut('refusing')
  await running.says(/refused the connection\. Still trying; the request stays open\./)
  await world.endpoint.stop('SIGKILL')
  await world.endpoint.start()
  await network.mend()
  expect((await bob.jit('approve', id)).code).toBe(0)
  expect(await running.done).toMatchObject({ code: 0, stderr: expect.stringContaining('prod-db is yours until') })
  expect(alice.credentials()).toContain('[jit-prod-db]')
  await alice.jit('revoke', '--all')
})

test('a connection that is lost without a word is made anew', async () => {
  const { running, id } = await waiting('lost connection')
  await network.cut('silent')
  await network.mend()
  expect((await bob.jit('approve', id)).code).toBe(0)
  expect((await running.done).code).toBe(0)
  await alice.jit('revoke', '--all')
})

test('Ctrl-C while the network is broken leaves the request open and says how to come back; that works', async () => {
  const { running, id } = await waiting('interrupted')
  await network.cut('refusing')
  await running.says(/Still trying/)
  running.kill('SIGINT')
  expect(await running.done).toMatchObject({
    code: 130,
    stderr: expect.stringContaining(`jit elevate --request ${id}`),
  })
  await network.mend()
  expect((await alice.jit('elevate', '--request', id, '--no-wait')).code).toBe(5)
  expect((await bob.jit('approve', id)).code).toBe(0)
  expect((await alice.jit('elevate', '--request', id)).code).toBe(0)
  await alice.jit('revoke', '--all')
})

test('--wait-timeout ends the waiting with 5, and the request stays open', async () => {
  const { code, stderr, stdout } = await alice.jit(
    'elevate',
    'prod-db',
    '--reason',
    'patience',
    '--wait-timeout',
    '1s',
    '--json',
  )
  expect([code, JSON.parse(stderr.trim().split('\n').at(-1) ?? '')]).toMatchObject([
    5,
    { error: { code: 'NO_DECISION' } },
  ])
  const { request } = JSON.parse(stdout)
  expect((await alice.jit('requests')).stdout).toMatch(new RegExp(`${request} +pending`))
  expect((await alice.jit('cancel', request)).code).toBe(0)
})

test.skipIf(!hasFaketime)('nobody decides in time: 5, and what to type', async () => {
  await world.endpoint.stop()
  const { config } = world.endpoint
  writeFileSync(config, readFileSync(config, 'utf8').replace('session:', 'requests: { pending: 1m }\nsession:'))
  await world.endpoint.start()
  const { running, id } = await waiting('nobody there')
  await world.endpoint.stop()
  await world.endpoint.start(wrongClock('+2m'))
  const { code, stderr } = await running.done
  expect([code, stderr]).toEqual([
    5,
    expect.stringMatching(/Nobody decided request r_\w+ in time\.\n {5}Ask again: jit elevate/),
  ])
  expect((await bob.jit('approve', id)).code).not.toBe(0)
  expect(alice.credentials()).toBeUndefined()
})
