import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { JitError } from '../../../src/base/errors.ts'
import { type ChannelDeps, holdChannel } from '../../../src/client/channel.ts'
import { grantNotesIn } from '../../../src/client/grant-notes.ts'
import { STALE_CHANNEL_SECONDS } from '../../../src/contract/channel.ts'
import { nodeFileSystem } from '../../../src/platform/files.ts'
import type { Clock } from '../../../src/platform/clock.ts'
import { createWaiters } from '../../../src/server/approvals/waiters.ts'
import { DEFAULT_RATES } from '../../../src/server/http/app.ts'
import { rateLimit } from '../../../src/server/http/rate-limit.ts'
import { fakeLeasing, lease } from '../../support/fake-leasing.ts'

/** Machines of one subject, their limits and the places to wait are all this many times fewer than in earnest. */
const SCALE = 4
const MACHINES = 1_000 / SCALE
const PLACES = { most: 10_000 / SCALE, mostPerPerson: 1_000 / SCALE }
const SQUEEZING = { subjects: 180 / SCALE, calls: 56 }
const RATE = { burst: DEFAULT_RATES.channel.burst / SCALE, perSecond: DEFAULT_RATES.channel.perSecond / SCALE }
const ENDPOINT = 'https://jit.example'
const TROUBLE_AT = 60
const UNTIL = 240

describe('a thousand machines of one subject keep their strict leases', () => {
  test.each([
    ['on an ordinary day', {}],
    ['after the endpoint was away for five seconds', { awayFor: 5 }],
    ['after others took all places for eight seconds', { squeezedFor: 8 }],
  ])('%s', async (_, trouble) => {
    expect(await longestSilences(trouble)).toEqual([])
  })
})

type Trouble = { readonly awayFor?: number; readonly squeezedFor?: number }

/** The silences that end a strict lease, one for each machine that had such. The channel, the waiters and the limit are the real ones. */
async function longestSilences({ awayFor = 0, squeezedFor = 0 }: Trouble): Promise<readonly number[]> {
  const time = virtualTime()
  const { clock } = time
  const random = seeded(1)
  const end = new AbortController()
  const waiters = createWaiters({ clock, ...PLACES, look: async () => [] })
  const limit = rateLimit(RATE, clock)
  const isAway = (): boolean => clock.bootSeconds() >= TROUBLE_AT && clock.bootSeconds() < TROUBLE_AT + awayFor
  const goesAway = new AbortController()
  time.at(TROUBLE_AT, () => awayFor > 0 && goesAway.abort())
  const answerIfHere = (): void => {
    if (isAway()) throw new JitError('ENDPOINT_UNREACHABLE', 'Not now.', '')
  }

  const machine = (n: number): (() => number) => {
    const strict = lease(`t-${n}`, { channel: 'strict', endpoint: ENDPOINT, holder: 'job' })
    let [heard, longest] = [0, 0]
    const hear = (): void => {
      longest = Math.max(longest, clock.bootSeconds() - heard)
      heard = clock.bootSeconds()
    }
    const connect: ChannelDeps['connect'] = async () => ({
      login: () => ({ endpoint: ENDPOINT, holder: 'job' }),
      ready: async () => undefined,
      api: {
        channel: async ({ waitSeconds, grants }, signal) => {
          await clock.sleep(20)
          answerIfHere()
          demand(limit)
          const waiter = waitSeconds > 0 ? waiters.join(grants, { issuer: 'https://ci', subject: 'fleet' }) : undefined
          await waiter?.news(
            waitSeconds * 1_000,
            AbortSignal.any([goesAway.signal, ...(signal === undefined ? [] : [signal])]),
          )
          waiter?.leave()
          answerIfHere()
          return { ended: [] }
        },
      },
    })
    const { tick } = holdChannel({
      leasing: { ...fakeLeasing({ leases: [strict] }, []), heard: hear },
      notes: grantNotesIn(nodeFileSystem, '/nowhere'),
      connect,
      loginStamp: () => 'login-1',
      clock,
      random,
      signal: end.signal,
    })
    time.at((n * 15) / MACHINES, () => tick([strict]))
    return () => {
      hear()
      return longest
    }
  }
  const machines = Array.from({ length: MACHINES }, (_, n) => machine(n))

  const squeezeUntil = TROUBLE_AT + squeezedFor
  const squeeze = async (subject: string): Promise<void> => {
    while (clock.bootSeconds() < squeezeUntil) {
      const place = waiters.join(['other'], { issuer: 'https://forge', subject })
      await (place?.news(25_000, end.signal) ?? clock.sleep(2_000))
      place?.leave()
    }
  }
  for (let s = 0; s < (squeezedFor > 0 ? SQUEEZING.subjects : 0); s++)
    for (let k = 0; k < SQUEEZING.calls; k++)
      time.at(TROUBLE_AT + k / SQUEEZING.calls, () => void squeeze(`branch-${s}`))

  await time.run(UNTIL)
  const longest = machines.map((silence) => silence())
  end.abort()
  return longest.filter((seconds) => seconds > STALE_CHANNEL_SECONDS)
}

function demand(limit: ReturnType<typeof rateLimit>): void {
  try {
    limit.demand('fleet')
  } catch (cause) {
    throw new JitError('ENDPOINT_REFUSED', 'Too many calls.', '', { cause })
  }
  limit.charge('fleet')
}

/** Time that passes in steps of a twentieth of a second, as fast as what happens in it. */
function virtualTime() {
  const STEP = 0.05
  const due = new Map<number, (() => void)[]>()
  let step = 0
  const at = (seconds: number, happens: () => void): void => {
    const when = Math.max(step + 1, Math.ceil(seconds / STEP))
    const others = due.get(when)
    if (others === undefined) due.set(when, [happens])
    else others.push(happens)
  }
  const bootSeconds = (): number => step * STEP
  const clock: Clock = {
    now: () => bootSeconds() * 1_000,
    bootSeconds,
    bootId: () => 'boot',
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        const wake = (): void => {
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        signal?.addEventListener('abort', wake)
        at(bootSeconds() + ms / 1_000, wake)
      }),
  }
  return {
    clock,
    at,
    run: async (seconds: number): Promise<void> => {
      for (; bootSeconds() < seconds; step++) {
        for (const happens of due.get(step) ?? []) happens()
        due.delete(step)
        await setImmediate()
      }
    },
  }
}

/** The same numbers at each run (a linear congruential generator; its upper bits are good enough for jitter). */
function seeded(seed: number): ChannelDeps['random'] {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  }
  return { bytes: (length) => Buffer.from(Array.from({ length }, next)) }
}
