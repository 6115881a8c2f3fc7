import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { JitError } from '../../../src/base/errors.ts'
import { grantNotesIn } from '../../../src/client/grant-notes.ts'
import { renewShared, type SharedRenewalDeps } from '../../../src/client/shared-renewal.ts'
import type { Lease } from '../../../src/client/leases/types.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { nodeFileSystem } from '../../../src/platform/files.ts'
import { withFreeLock, withLock } from '../../../src/platform/lock.ts'
import { lease } from '../../support/fake-leasing.ts'
import { TempHome } from '../../support/temp-home.ts'

const offline = new JitError('ENDPOINT_UNREACHABLE', 'The endpoint cannot be reached.', 'Try again.')
const slice = (secret: string, validUntil = systemClock.now()): Lease => {
  const one = lease('prod-db', { endsAt: systemClock.now() + 3_600_000, writtenAt: systemClock.now() })
  return {
    ...one,
    writtenAtBootSeconds: Math.floor(systemClock.bootSeconds()),
    entries: one.entries.map((entry) => ({ ...entry, validUntil, renewAt: validUntil })),
    places: one.places.map((place) => ({ ...place, secretHashes: [secret] })),
  }
}

/** One machine whose lease holds the secret `old`; `renew` puts `new` in its place after a while. */
function machine(given: Partial<SharedRenewalDeps> = {}) {
  const home = new TempHome()
  const lock = join(home.root, 'renewal.lock')
  const seen = slice('old')
  let now: readonly Lease[] = [seen]
  const made: number[] = []
  const deps: SharedRenewalDeps = {
    leases: () => now,
    notes: grantNotesIn(nodeFileSystem, home.stateDir),
    ifAlone: (work) => withFreeLock(lock, work),
    renew: async () => {
      made.push(now.length)
      await systemClock.sleep(100)
      now = [slice('new', systemClock.now() + 900_000)]
      return slice('new')
    },
    clock: systemClock,
    limits: { renewMs: 10_000, waitMs: 10_000 },
    signal: new AbortController().signal,
    ...given,
  }
  return {
    deps,
    seen,
    made,
    lock,
    set: (leases: readonly Lease[]) => void (now = leases),
    [Symbol.dispose]: () => home[Symbol.dispose](),
  }
}

const secretOf = ({ places }: Lease) => places[0]?.secretHashes

describe('many callers for one slice', () => {
  test('one renews, all get its result', async () => {
    using at = machine()
    const all = await Promise.all(Array.from({ length: 50 }, () => renewShared(at.deps, at.seen)))
    expect(at.made).toHaveLength(1)
    expect(new Set(all.map((one) => String(secretOf(one))))).toEqual(new Set(['new']))
  })

  test('a failure is shared too: nobody queues for the same answer', async () => {
    let tries = 0
    using at = machine({
      renew: async () => {
        tries += 1
        await systemClock.sleep(300)
        throw offline
      },
    })
    const all = await Promise.allSettled(Array.from({ length: 50 }, () => renewShared(at.deps, at.seen)))
    expect(tries).toBe(1)
    expect(all.map((one) => one.status === 'rejected' && one.reason.code)).toEqual(
      Array.from({ length: 50 }, () => 'ENDPOINT_UNREACHABLE'),
    )
    expect(at.deps.notes.of(at.seen.id)).toMatchObject({ outcome: 'failed', code: 'ENDPOINT_UNREACHABLE' })
    await expect(renewShared(at.deps, at.seen)).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' })
    expect(tries).toBe(1) // an SDK that tries again at once
  })

  test('a failure that came between the look and the lock is shared as well', async () => {
    using at = machine({
      ifAlone: async (work) => {
        const failure = { code: 'ENDPOINT_UNREACHABLE', message: 'No answer.', hint: 'Try again.' } as const
        at.deps.notes.put({
          ...failure,
          grant: at.seen.id,
          target: 'prod-db',
          outcome: 'failed',
          at: systemClock.now(),
        })
        return { value: await work() }
      },
    })
    await expect(renewShared(at.deps, at.seen)).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' })
    expect(at.made).toEqual([])
  })

  test('those who wait can be interrupted', async () => {
    const stop = new AbortController()
    using at = machine({ signal: stop.signal })
    await withLock(at.lock, systemClock, 0, async () => {
      const waiting = renewShared(at.deps, at.seen)
      stop.abort()
      await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' })
    })
  })

  test('those who wait watch the record, though the lock stays taken', async () => {
    using at = machine()
    await withLock(at.lock, systemClock, 0, async () => {
      const waiting = renewShared(at.deps, at.seen)
      await systemClock.sleep(50)
      at.set([slice('elsewhere')])
      expect(secretOf(await waiting)).toEqual(['elsewhere'])
    })
    expect(at.made).toEqual([])
  })

  test('whoever waits for a process that dies takes its place', async () => {
    using at = machine()
    let waiting: Promise<Lease> | undefined
    await withLock(at.lock, systemClock, 0, async () => {
      waiting = renewShared(at.deps, at.seen)
      await systemClock.sleep(50)
    })
    expect(secretOf(await (waiting ?? Promise.reject(new Error('not started'))))).toEqual(['new'])
    expect(at.made).toHaveLength(1)
  })
})

describe('a renewal', () => {
  test('that succeeds takes the note of the last failure away', async () => {
    using at = machine()
    const at0 = systemClock.now() - 60_000
    at.deps.notes.put({
      grant: at.seen.id,
      target: 'prod-db',
      outcome: 'failed',
      code: 'LOGIN_NEEDED',
      message: 'm',
      hint: 'h',
      at: at0,
    })
    await renewShared(at.deps, at.seen)
    expect(at.deps.notes.list()).toEqual([])
  })

  test('that hangs is given up in time, and says so', async () => {
    using at = machine({
      limits: { renewMs: 200, waitMs: 10_000 },
      renew: (_lease, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    })
    await expect(renewShared(at.deps, at.seen)).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' })
    expect(at.deps.notes.of(at.seen.id)?.message).toContain('did not come within')
  })

  test('is waited for no longer than told', async () => {
    using at = machine({ limits: { renewMs: 10_000, waitMs: 200 } })
    await withLock(at.lock, systemClock, 0, async () => {
      await expect(renewShared(at.deps, at.seen)).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' })
    })
  })

  test('of a lease that was ended here meanwhile says that there is none, and leaves no note', async () => {
    using at = machine()
    at.set([])
    await expect(renewShared(at.deps, at.seen)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect([at.made, at.deps.notes.list()]).toEqual([[], []])
  })

  test('of a grant that the endpoint has ended: all who wait hear it, and it is kept for jit status', async () => {
    using at = machine({
      renew: async () => {
        await systemClock.sleep(300)
        at.set([])
        throw new JitError('GRANT_ENDED', 'It was revoked.', 'Ask again.')
      },
    })
    const all = await Promise.allSettled([renewShared(at.deps, at.seen), renewShared(at.deps, at.seen)])
    expect(all.map((one) => one.status === 'rejected' && one.reason.message)).toEqual([
      'It was revoked.',
      'It was revoked.',
    ])
    expect(at.deps.notes.list()).toMatchObject([{ outcome: 'ended', message: 'It was revoked.' }])
  })

  test('that the user interrupts ends at once, and is no failure', async () => {
    const stop = new AbortController()
    using at = machine({
      signal: stop.signal,
      renew: (_lease, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(offline))),
    })
    const running = renewShared(at.deps, at.seen)
    await systemClock.sleep(50)
    stop.abort()
    await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' })
    expect(at.deps.notes.list()).toEqual([])
  })
})
