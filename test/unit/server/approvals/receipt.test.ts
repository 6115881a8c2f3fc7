import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Receipt } from '../../../../src/contract/receipt.ts'
import type { WipeState } from '../../../../src/server/store/types.ts'
import { caller, leavesOf, story } from '../../../support/approvals.ts'
import { ann, eve, grantOf, openWorld, rob, type World } from '../../../support/approvals-world.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
let world: World

beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const receipt = (outcome: Receipt['outcome'], over: Partial<Receipt> = {}): Receipt => ({
  outcome,
  at: '2026-11-22T10:00:00Z',
  machine: 'mac-1',
  ...over,
})
const tell = (id: string, outcome: Receipt['outcome'], over: Partial<Receipt> = {}, who = rob) =>
  world.approvals.receive(who, id, receipt(outcome, over))
const wipeOf = async (id: string): Promise<WipeState | undefined> => {
  const found = await world.store.followed({ states: [], limit: 10, graceMs: 10 * MINUTE })
  return found.find(({ grant }) => grant.id === id)?.wipe
}
const leases = async () => (await story(world.store)).filter((kind) => kind.startsWith('lease.'))

async function issued(): Promise<string> {
  const { id } = grantOf(await world.ask())
  await world.approvals.issue(rob, id)
  return id
}

describe('a receipt', () => {
  test('is a leaf that names machine, key and its own time, and said again it is nothing new', async () => {
    const id = await issued()
    await tell(id, 'wiped')
    await tell(id, 'wiped', { at: '2026-11-22T11:00:00Z' })
    expect(await leases()).toEqual(['lease.wiped'])
    expect((await leavesOf(world.store)).at(-1)?.body).toEqual({
      kind: 'lease.wiped',
      grant: id,
      machine: 'mac-1',
      at: '2026-11-22T10:00:00Z',
      by: { issuer: rob.person.issuer, subject: 'rob', jkt: 'key-of-rob', address: '192.0.2.7' },
    })
  })

  test('wiped takes the place of stuck, never the other way round', async () => {
    const id = await issued()
    await tell(id, 'stuck', { why: 'EIO' })
    await tell(id, 'stuck', { why: 'EROFS' })
    world.clock.advance(HOUR)
    expect(await wipeOf(id)).toBe('stuck')
    await tell(id, 'wiped')
    expect(await wipeOf(id)).toBe('wiped')
    await tell(id, 'stuck')
    expect(await wipeOf(id)).toBe('wiped')
    expect(await leases()).toEqual(['lease.stuck', 'lease.wiped'])
    expect((await leavesOf(world.store)).map(({ body }) => body)).toContainEqual(
      expect.objectContaining({ kind: 'lease.stuck', why: 'EIO' }),
    )
  })

  test('about credentials that were issued after a wipe counts anew', async () => {
    const id = await issued()
    await tell(id, 'wiped')
    world.clock.advance(MINUTE)
    await world.approvals.issue(rob, id)
    await tell(id, 'stuck')
    expect(await wipeOf(id)).toBe('stuck')
    await tell(id, 'wiped')
    world.clock.advance(HOUR)
    expect(await wipeOf(id)).toBe('wiped')
    expect(await leases()).toEqual(['lease.wiped', 'lease.stuck', 'lease.wiped'])
  })

  test('of one machine does not speak for another that is stuck', async () => {
    const id = await issued()
    await tell(id, 'wiped')
    await tell(id, 'stuck', { machine: 'mac-2' })
    world.clock.advance(HOUR)
    expect(await wipeOf(id)).toBe('stuck')
    await tell(id, 'wiped', { machine: 'mac-2' })
    expect(await wipeOf(id)).toBe('wiped')
  })

  test('is taken from any key of the holder, and from nobody else', async () => {
    const id = await issued()
    await expect(tell(id, 'wiped', {}, eve)).rejects.toMatchObject({ code: 'not_found' })
    await expect(tell(id, 'wiped', {}, ann)).rejects.toMatchObject({ code: 'not_found' })
    await expect(tell('g_none', 'wiped')).rejects.toMatchObject({ code: 'not_found' })
    await tell(id, 'wiped', {}, caller('rob', { jkt: 'next login' }))
    expect(await leases()).toEqual(['lease.wiped'])
  })

  test('of a machine without a plain name, or of too many machines, is refused', async () => {
    const id = await issued()
    for (const machine of ['', 'two words', 'm'.repeat(65), 'naïve'])
      await expect(tell(id, 'wiped', { machine })).rejects.toMatchObject({ code: 'invalid_request' })
    for (let i = 0; i < 100; i++) await tell(id, 'wiped', { machine: `m${i}` })
    await expect(tell(id, 'wiped', { machine: 'one more' })).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(tell(id, 'stuck', { machine: 'm100' })).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(tell(id, 'wiped', { machine: 'm7' })).resolves.toBeUndefined()
  })

  test('whose reason is no honest text is refused', async () => {
    const id = await issued()
    await expect(tell(id, 'stuck', { why: 'a\u001b[31mb' })).rejects.toMatchObject({ code: 'invalid_request' })
  })
})

describe('a wipe that nobody confirms', () => {
  test('is told once, ten minutes after the end', async () => {
    const id = await issued()
    world.clock.advance(HOUR)
    expect((await world.approvals.sweep()).unconfirmed).toEqual([])
    expect(await wipeOf(id)).toBe('waiting')
    world.clock.advance(10 * MINUTE)
    expect((await world.approvals.sweep()).unconfirmed).toMatchObject([{ id }])
    expect((await world.approvals.sweep()).unconfirmed).toEqual([])
    expect(await wipeOf(id)).toBe('unconfirmed')
    expect(await leases()).toEqual(['lease.unconfirmed'])
    expect((await leavesOf(world.store)).at(-1)?.body).toMatchObject({
      grant: id,
      target: 'dev',
      holder: { subject: 'rob' },
    })
    await tell(id, 'wiped')
    expect(await wipeOf(id)).toBe('wiped')
  })

  test('counts from when the grant was ended', async () => {
    const id = await issued()
    await world.approvals.end(rob, id, 'revoked')
    world.clock.advance(10 * MINUTE)
    expect((await world.approvals.sweep()).unconfirmed).toMatchObject([{ id }])
  })

  test('is one that is still stuck, too', async () => {
    const id = await issued()
    await tell(id, 'stuck')
    world.clock.advance(HOUR + 10 * MINUTE)
    expect((await world.approvals.sweep()).unconfirmed).toMatchObject([{ id }])
    expect(await wipeOf(id)).toBe('stuck')
  })

  test('is none where it was confirmed, or where nothing was ever issued', async () => {
    const confirmed = await issued()
    await tell(confirmed, 'wiped')
    const unused = grantOf(await world.ask()).id
    world.policy.rules.set('dev', { kind: 'refused', why: 'frozen' })
    await expect(world.approvals.issue(rob, unused)).rejects.toMatchObject({ code: 'denied' })
    expect([await wipeOf(confirmed), await wipeOf(unused)]).toEqual(['live', 'live'])
    world.clock.advance(2 * HOUR)
    expect((await world.approvals.sweep()).unconfirmed).toEqual([])
    expect([await wipeOf(confirmed), await wipeOf(unused)]).toEqual(['wiped', 'unissued'])
  })
})
