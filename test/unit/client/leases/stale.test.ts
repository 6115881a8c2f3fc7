import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isOver } from '../../../../src/client/leases/expiry.ts'
import type { NewLease } from '../../../../src/client/leases/types.ts'
import { grantNotesIn } from '../../../../src/client/grant-notes.ts'
import { STALE_CHANNEL_SECONDS } from '../../../../src/contract/channel.ts'
import { nodeFileSystem } from '../../../../src/platform/files.ts'
import { awsDelivery, leasingIn, newLease } from '../../../support/aws-lease.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { TempHome } from '../../../support/temp-home.ts'

const ENDPOINT = 'https://jit.corp.example'
const STALE_MS = STALE_CHANNEL_SECONDS * 1000
const HOUR = 3_600_000

async function strictLease(more: Pick<NewLease, 'channel'> = { channel: 'strict' }) {
  const home = new TempHome('memory')
  const clock = new FakeClock()
  const leasing = leasingIn(home, clock)
  await leasing.write(
    { ...newLease(clock, 'g_1', 'prod-db', HOUR), holder: 'alice', ...more },
    awsDelivery('jit-prod-db'),
  )
  return {
    home,
    clock,
    leasing,
    /** Whether any start of jit would end it, and does. */
    goes: async (): Promise<boolean> => {
      if (leasing.due()) await leasing.sweep()
      return leasing.list().length === 0 && home.text() === undefined
    },
    [Symbol.dispose]: () => home[Symbol.dispose](),
  }
}
type At = Awaited<ReturnType<typeof strictLease>>

describe('a strict lease', () => {
  test.each<[string, (at: At) => void, boolean]>([
    ['stays for 59 s without a word', ({ clock }) => clock.advance(STALE_MS - 1000), false],
    ['goes after 60 s without a word', ({ clock }) => clock.advance(STALE_MS), true],
    [
      'stays for 59 s after the last word',
      ({ clock, leasing }) => {
        for (let i = 0; i < 5; i++) {
          clock.advance(50_000)
          leasing.heard({ endpoint: ENDPOINT })
        }
        clock.advance(STALE_MS - 1000)
      },
      false,
    ],
    [
      'goes 60 s after the last word',
      ({ clock, leasing }) => {
        clock.advance(50_000)
        leasing.heard({ endpoint: ENDPOINT })
        clock.advance(STALE_MS)
      },
      true,
    ],
    [
      'goes though another endpoint was heard',
      ({ clock, leasing }) => {
        clock.advance(STALE_MS - 1000)
        leasing.heard({ endpoint: 'https://other.example' })
        clock.advance(1000)
      },
      true,
    ],
    [
      'goes though another login was heard there',
      ({ clock, leasing }) => {
        clock.advance(STALE_MS - 1000)
        leasing.heard({ endpoint: ENDPOINT, holder: 'bob' })
        clock.advance(1000)
      },
      true,
    ],
    [
      'stays where its own login was heard',
      ({ clock, leasing }) => {
        clock.advance(STALE_MS - 1000)
        leasing.heard({ endpoint: ENDPOINT, holder: 'alice' })
        clock.advance(1000)
      },
      false,
    ],
    [
      'stays where an older version heard for all of them',
      ({ clock, leasing }) => {
        clock.advance(STALE_MS - 1000)
        leasing.heard({ endpoint: ENDPOINT })
        clock.advance(1000)
      },
      false,
    ],
    ['goes after a suspend', ({ clock }) => clock.advance(8 * HOUR), true],
    [
      'goes though the clock was set back',
      ({ clock, leasing }) => {
        leasing.heard({ endpoint: ENDPOINT })
        clock.setWall(clock.now() - 2 * HOUR)
        clock.advance(STALE_MS)
      },
      true,
    ],
    [
      'goes though the clock was set ahead while it was heard, and back again',
      ({ clock, leasing }) => {
        clock.setWall(clock.now() + HOUR / 2)
        leasing.heard({ endpoint: ENDPOINT })
        clock.setWall(clock.now() - HOUR / 2)
        clock.advance(STALE_MS)
      },
      true,
    ],
    [
      'goes when the clock is set ahead after the last word',
      ({ clock, leasing }) => {
        leasing.heard({ endpoint: ENDPOINT })
        clock.setWall(clock.now() + STALE_MS)
      },
      true,
    ],
    ['goes with a reboot, however short', ({ clock }) => clock.reboot(), true],
    [
      'goes with a reboot and a clock set back, though something was heard before',
      ({ clock, leasing }) => {
        clock.advance(30_000)
        leasing.heard({ endpoint: ENDPOINT })
        clock.reboot()
        clock.setWall(clock.now() - 20_000)
      },
      true,
    ],
    [
      'goes though the hint about the last word is torn',
      ({ clock, leasing, home }) => {
        clock.advance(50_000)
        leasing.heard({ endpoint: ENDPOINT })
        const file = join(home.stateDir, 'm1', 'last-heard')
        writeFileSync(file, readFileSync(file).subarray(0, 9))
        clock.advance(10_000)
      },
      true,
    ],
    [
      'goes though the hint says that something will be heard tomorrow',
      ({ clock, home }) => {
        const line = `${clock.now() + 24 * HOUR} ${clock.bootSeconds() + 86_400} boot-1 ${ENDPOINT}\n`
        writeFileSync(join(home.stateDir, 'm1', 'last-heard'), line)
        clock.advance(STALE_MS)
      },
      true,
    ],
    [
      'goes at its own end, whatever is heard',
      ({ clock, leasing }) => (clock.advance(HOUR), leasing.heard({ endpoint: ENDPOINT })),
      true,
    ],
  ])('%s', async (_what, happens, gone) => {
    using at = await strictLease()
    happens(at)
    expect(await at.goes()).toBe(gone)
  })

  test('that silence has ended is told apart from one whose time is up', async () => {
    using at = await strictLease()
    at.clock.advance(STALE_MS)
    expect(await at.leasing.sweep()).toMatchObject([{ wiped: true, reason: 'stale' }])
    expect(grantNotesIn(nodeFileSystem, join(at.home.stateDir, 'm1')).list()).toMatchObject([
      { grant: 'g_1', outcome: 'ended', message: expect.stringContaining('Nothing was heard') },
    ])
  })

  test('whose endpoint is silent is served to nobody any more, though no sweep has come', async () => {
    using at = await strictLease()
    at.clock.advance(STALE_MS)
    expect(at.leasing.list().map((lease) => isOver(lease, at.clock))).toEqual([true])
  })

  test('is due for shell prompts when silence ends it, and shown until its own end', async () => {
    using at = await strictLease()
    const [due, active] = readFileSync(join(at.home.stateDir, 'm1', 'prompt'), 'utf8').split('\n')
    const seconds = (line = ''): number => Number(line.split(' ')[0])
    expect(seconds(active) - seconds(due)).toBeGreaterThan(HOUR / 1000 - STALE_CHANNEL_SECONDS - 5)
  })

  test('ends with a reaper that hears nothing, within ticks of the minute', async () => {
    using at = await strictLease()
    const begun = at.clock.now()
    let lasted = 0
    await at.leasing.runReaper(new AbortController().signal, () => {
      if (at.home.text() !== undefined) lasted = at.clock.now() - begun
    })
    expect(at.home.text()).toBeUndefined()
    expect(lasted).toBeGreaterThan(STALE_MS - 3000)
    expect(lasted).toBeLessThanOrEqual(STALE_MS)
  })

  test('lives on with a reaper that hears', async () => {
    using at = await strictLease()
    const stop = new AbortController()
    const begun = at.clock.now()
    await at.leasing.runReaper(stop.signal, () => {
      at.leasing.heard({ endpoint: ENDPOINT })
      if (at.clock.now() - begun > 10 * STALE_MS) stop.abort()
    })
    expect(at.leasing.list()).toHaveLength(1)
  })
})

test('a lease that is not strict stays in silence', async () => {
  using at = await strictLease({})
  at.clock.advance(10 * STALE_MS)
  expect(await at.goes()).toBe(false)
})
