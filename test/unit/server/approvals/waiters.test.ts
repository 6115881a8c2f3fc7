import { describe, expect, test } from 'vitest'
import { createWaiters, type Waiter, type Waiters } from '../../../../src/server/approvals/waiters.ts'
import { systemClock } from '../../../../src/platform/clock.ts'

const never = new AbortController().signal
const LONG_MS = 2 ** 31 - 1

/** Nobody looks by the clock, so whatever is heard was told. */
const lines = (most: number, mostPerPerson: number): Waiters =>
  createWaiters({
    clock: { ...systemClock, sleep: (_, signal) => systemClock.sleep(LONG_MS, signal) },
    most,
    mostPerPerson,
    look: async () => [],
  })

const person = (subject: string) => ({ issuer: 'https://idp.example', subject })

/** Joins `count` times for one person; `answered` counts those whose wait is over. */
function waits(waiters: Waiters, subject: string, count: number) {
  const all = { placed: 0, answered: 0, waiters: [] as Waiter[] }
  for (let i = 0; i < count; i++) {
    const waiter = waiters.join([`g_${subject}_${i}`], person(subject))
    if (waiter === undefined) continue
    all.placed++
    all.waiters.push(waiter)
    void waiter.news(LONG_MS, never).then(() => all.answered++)
  }
  return all
}
const settled = () => new Promise((resolve) => void setImmediate(resolve))

describe('places to wait', () => {
  test('are given to one person up to his own limit', () => {
    const waiters = lines(100, 10)
    expect(waits(waiters, 'mallory', 12).placed).toBe(10)
    expect(waits(waiters, 'ann', 1).placed).toBe(1)
  })

  test('that few people have taken all are shared with whoever comes, and those that give one up are answered early', async () => {
    const waiters = lines(20, 10)
    const flood = [waits(waiters, 'mallory', 10), waits(waiters, 'trudy', 10)]
    const ann = waits(waiters, 'ann', 3)
    await settled()
    expect(ann).toMatchObject({ placed: 3, answered: 0 })
    expect(flood.map(({ answered }) => answered).toSorted((a, b) => a - b)).toEqual([1, 2])
    const again = [waits(waiters, 'mallory', 10), waits(waiters, 'trudy', 10)]
    await settled()
    expect(ann.answered).toBe(0)
    expect(again.map(({ placed }) => placed)).toEqual([0, 0])
    const crowd = Array.from({ length: 15 }, (_, i) => waits(waiters, `p${i}`, 1))
    await settled()
    expect(crowd.every(({ placed, answered }) => placed === 1 && answered === 0)).toBe(true)
  })

  test('that as many people have as there are places are nobody’s to take', () => {
    const waiters = lines(3, 10)
    for (const name of ['ann', 'bob', 'cat']) expect(waits(waiters, name, 1).placed).toBe(1)
    expect(waits(waiters, 'eve', 1).placed).toBe(0)
  })

  test('are free again once, however often somebody leaves', async () => {
    const waiters = lines(2, 2)
    const [first] = waits(waiters, 'ann', 2).waiters
    expect(waits(waiters, 'ann', 1).placed).toBe(0)
    first?.leave()
    first?.leave()
    expect(waits(waiters, 'ann', 2).placed).toBe(1)
  })

  test('still hear their news after others gave theirs up', async () => {
    const waiters = lines(2, 2)
    waits(waiters, 'mallory', 2)
    const ann = waits(waiters, 'ann', 1)
    waiters.tell(['g_ann_0'])
    await settled()
    expect(ann.answered).toBe(1)
  })
})
