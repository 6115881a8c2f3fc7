import { expect, test } from 'vitest'
import { courier } from '../../../src/client/courier.ts'
import type { OutboxEntry } from '../../../src/client/leases/types.ts'
import { NOW } from '../../support/fake-approval.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const message = (grant: string): OutboxEntry => ({
  kind: 'receipt',
  grant,
  endpoint: 'https://jit.example',
  target: 'prod-db',
  outcome: 'wiped',
  machine: 'm',
  at: NOW,
})
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

function post(deliver: (queue: OutboxEntry[]) => Promise<void>) {
  const clock = new FakeClock(NOW, 600)
  const queue: OutboxEntry[] = []
  let tries = 0
  const carrying = courier({
    outbox: { list: () => [...queue] },
    deliver: () => {
      tries++
      return deliver(queue)
    },
    clock,
    random: { bytes: (length) => Buffer.alloc(length, 255) },
  })
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      clock.advance(1000)
      carrying.tick()
      await settled()
    }
  }
  return { queue, pass, tries: () => tries, last: carrying.last }
}

test('what is queued is told at the next tick, and once', async () => {
  const at = post(async (queue) => void queue.splice(0))
  await at.pass(60)
  expect(at.tries()).toBe(0)
  at.queue.push(message('g_1'))
  await at.pass(60)
  expect([at.tries(), at.queue]).toEqual([1, []])
})

test.each([
  ['stays', () => Promise.resolve()],
  ['cannot be removed', () => Promise.reject(new Error('EROFS'))],
])('what %s is tried less and less often; something new at once', async (_what, deliver) => {
  const at = post(deliver)
  at.queue.push(message('g_1'))
  await at.pass(3600)
  const before = at.tries()
  expect(before).toBeGreaterThan(5)
  expect(before).toBeLessThan(25)
  at.queue.push(message('g_2'))
  await at.pass(1)
  expect(at.tries()).toBe(before + 1)
})

test('a delivery that hangs is not begun twice', async () => {
  const at = post(() => new Promise(() => undefined))
  at.queue.push(message('g_1'))
  await at.pass(600)
  expect(at.tries()).toBe(1)
})

test('before the reaper leaves, what is still there is tried once more', async () => {
  const at = post(async () => undefined)
  await at.last()
  expect(at.tries()).toBe(0)
  at.queue.push(message('g_1'))
  await at.last()
  expect(at.tries()).toBe(1)
})
