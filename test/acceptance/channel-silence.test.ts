import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ChannelWorld, OWN, startChannelWorld } from '../support/channel-world.ts'
import { eventually } from '../support/eventually.ts'
import { killReapersOf } from '../support/reapers.ts'

/** Silence of a minute, a tick, and a busy machine. */
const STALE_MS = 75_000

let world: ChannelWorld
beforeAll(async () => {
  world = await startChannelWorld()
})
afterAll(() => world.close())

test('an endpoint that falls silent leaves what is not strict, and takes what is: told beforehand by status, and with the reaper killed too', async () => {
  const [watched, alone, free] = [
    world.machineCalled('watched'),
    world.machineCalled('alone'),
    world.machineCalled('free'),
  ]
  for (const [machine, target] of [
    [watched, 'strict-db'],
    [alone, 'strict-db'],
    [free, 'staging-db'],
  ] as const)
    world.front.silence(await world.elevated(machine, target))
  killReapersOf(alone.home)
  const word = async () =>
    /no word from the endpoint for 3\ds; wiped in 2\ds/.test((await watched.jit('status')).stderr)
  expect(await eventually(word, true, { withinMs: STALE_MS, everyMs: 1000 })).toBe(true)
  const patience = { withinMs: STALE_MS, everyMs: 250 }
  expect(await eventually(() => watched.credentials(), OWN, patience)).toBe(OWN)
  const swept = async () => (await alone.jit('sweep')).stderr.includes('Ended strict-db')
  expect(await eventually(swept, true, patience)).toBe(true)
  expect(alone.credentials()).toBe(OWN)
  expect(free.credentials()).toContain('[jit-staging-db]')
  expect((await watched.jit('status')).stderr).toContain('Nothing was heard from the endpoint for 60 seconds')
})
