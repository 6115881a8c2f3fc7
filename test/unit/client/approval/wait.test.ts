import { describe, expect, test } from 'vitest'
import { type ErrorCode, JitError } from '../../../../src/base/errors.ts'
import { type WaitState, waitForDecision } from '../../../../src/client/approval/wait.ts'
import type { AccessRequest } from '../../../../src/contract/request.ts'
import { accessRequest } from '../../../support/access-request.ts'
import { instantClock } from '../../../support/instant-clock.ts'

const START = Date.parse('2026-11-22T01:00:00Z')
const PENDING = accessRequest()
const down = (code: ErrorCode = 'ENDPOINT_UNREACHABLE') => new JitError(code, 'It is down.', 'Wait.')

/** What the endpoint says, poll after poll (the last one repeats). A held poll takes its whole time. */
async function wait(
  says: readonly (AccessRequest | Error)[],
  { abortAt = -1, offsetMs = 0, holds = true }: { abortAt?: number; offsetMs?: number; holds?: boolean } = {},
) {
  const abort = new AbortController()
  const clock = instantClock(START)
  const asked: number[] = []
  const states: WaitState[] = []
  const api = {
    clockOffsetMs: () => offsetMs,
    async request(_id: string, waitSeconds: number): Promise<AccessRequest> {
      if (asked.push(waitSeconds) - 1 === abortAt) abort.abort()
      const said = says[Math.min(asked.length, says.length) - 1] ?? PENDING
      if (holds && said === PENDING) clock.set(clock.now() + waitSeconds * 1000)
      if (said instanceof Error) throw said
      return said
    },
  }
  const result = await waitForDecision(api, 'req_1', {
    clock,
    signal: abort.signal,
    onState: (state) => states.push(state),
  }).catch((error: unknown) => error)
  return { result, asked, states, slept: clock.slept, now: clock.now() }
}

describe('waiting for a decision', () => {
  test.each(['approved', 'denied', 'cancelled', 'expired'] as const)('ends when the request is %s', async (state) => {
    const decided = accessRequest({ state })
    const { result, asked, states } = await wait([PENDING, PENDING, decided])
    expect(result).toEqual(decided)
    expect(asked).toEqual([25, 25, 25])
    expect(states).toEqual([
      { connected: true, request: PENDING },
      { connected: true, request: PENDING },
    ])
  })

  test('survives a restart, telling since when, and asks at once when the endpoint is back', async () => {
    const approved = accessRequest({ state: 'approved' })
    const { result, asked, slept, states } = await wait([PENDING, down(), down(), down(), PENDING, approved])
    expect(result).toEqual(approved)
    expect(slept).toEqual([500, 1000, 2000])
    expect(asked).toEqual([25, 25, 0, 0, 0, 25])
    const broken = { connected: false, since: START + 25_000, why: 'It is down.' }
    expect(states.slice(1, 4)).toEqual([broken, broken, broken])
    expect(states[4]).toEqual({ connected: true, request: PENDING })
  })

  test.each(['ENDPOINT_INVALID', 'ENDPOINT_REFUSED', 'IDP_UNREACHABLE', 'LOCKED'] as const)(
    'goes on after %s',
    async (code) => {
      const approved = accessRequest({ state: 'approved' })
      expect((await wait([PENDING, down(code), approved])).result).toEqual(approved)
    },
  )

  test.each(['LOGIN_NEEDED', 'NOT_FOUND', 'DENIED', 'CLOCK_SKEW', 'USAGE', 'CONFLICT'] as const)(
    'ends at %s',
    async (code) => {
      const { result, asked } = await wait([PENDING, down(code)])
      expect([result, asked.length]).toMatchObject([{ code }, 2])
    },
  )

  test('never pauses longer than 15 s, and gives up only after the time to decide, by the endpoint’s clock', async () => {
    const { result, slept, now } = await wait([PENDING, down()], { offsetMs: 60_000 })
    expect(result).toMatchObject({ code: 'NO_DECISION', message: expect.stringContaining('req_1') })
    expect(Math.max(...slept)).toBe(15_000)
    expect(now - Date.parse(PENDING.expiresAt) - 60_000).toBeGreaterThan(0)
    expect(now - Date.parse(PENDING.expiresAt) - 60_000).toBeLessThanOrEqual(15_000)
  })

  test('stops when it is aborted, during a poll or a pause, and says that the request lives on', async () => {
    const message = 'Stopped waiting. The request req_1 is still pending.'
    for (const says of [[PENDING], [down()], [PENDING, PENDING, new JitError('INTERRUPTED', '', '')]]) {
      const { result, asked } = await wait(says, { abortAt: 2 })
      expect(result).toMatchObject({ code: 'INTERRUPTED', message, hint: 'To see how it stands: jit requests' })
      expect(asked).toHaveLength(3)
    }
  })

  test('does not race in a circle where polls are not held', async () => {
    const polls = Array.from({ length: 10 }, () => PENDING)
    const { slept } = await wait([...polls, accessRequest({ state: 'approved' })], { holds: false })
    expect(slept.length).toBeGreaterThanOrEqual(8)
    expect(Math.max(...slept)).toBe(15_000)
  })

  test('does not hide a bug', async () => {
    expect((await wait([new TypeError('x is not a function')])).result).toBeInstanceOf(TypeError)
  })
})
