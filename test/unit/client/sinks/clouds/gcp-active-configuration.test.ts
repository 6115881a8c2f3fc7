import { rmSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLeasing } from '../../../../../src/client/leasing.ts'
import { gcpFiles } from '../../../../../src/client/sinks/clouds/gcp-files.ts'
import { FakeClock } from '../../../../support/fake-clock.ts'
import { FEDERATED, gcloudIn, gcpDelivery, put } from '../../../../support/gcp-delivery.ts'
import { leasingDeps } from '../../../../support/leasing-deps.ts'
import { TempHome } from '../../../../support/temp-home.ts'

const DEBRIS = 'jit-prod_configs.db'

/** A user with gcloud, and jit on his machine. */
function setUp(before: string | undefined, where: 'disk' | 'memory' = 'disk') {
  const files = new TempHome(where)
  const clock = new FakeClock()
  const leasing = createLeasing(
    leasingDeps({ home: files.home, stateDir: files.stateDir, clock, sinks: (deps) => [gcpFiles(deps)] }),
  )
  const [active, ours] = [gcloudIn(files, 'active_config'), gcloudIn(files, 'configurations', 'config_jit-prod')]
  if (before !== undefined) put(active, before, 0o640)
  const lease = (id: string) => ({
    id,
    target: 'prod',
    endpoint: 'https://jit.corp.example',
    deliver: 'files' as const,
    endsAt: clock.now() + 600_000,
  })
  return {
    files,
    ours,
    active: () => files.text(active),
    mode: () => files.mode(active),
    activate: (name: string) => put(active, name),
    elevate: (id = 'g_1', asDefault = true, profile = 'jit-prod') =>
      leasing.write(lease(id), [gcpDelivery(FEDERATED, asDefault, profile)]),
    end: async (id = 'g_1') => {
      expect(await leasing.wipe([id], 'revoked')).toMatchObject([{ lease: id, wiped: true }])
    },
    sweep: () => leasing.sweep(),
    loseJournal: () => rmSync(`${files.stateDir}/m1/leases`, { recursive: true }),
    clock,
    [Symbol.dispose]: () => files[Symbol.dispose](),
  }
}

describe('the active configuration', () => {
  test('is not written without --as-default', async () => {
    using at = setUp('mine')
    await at.elevate('g_1', false)
    expect(at.active()).toBe('mine')
  })

  test.each([['mine'], ['NONE'], ['default'], [undefined]])('by --as-default is ours, and %s again', async (before) => {
    using at = setUp(before)
    await at.elevate()
    expect(at.active()).toBe('jit-prod') // without an end of line, which gcloud would not forgive
    await at.end()
    expect(at.active()).toBe(before)
    expect(at.mode()).toBe(before === undefined ? undefined : 0o640)
  })

  test('that the user made ours himself is his old one again afterwards', async () => {
    using at = setUp('mine')
    await at.elevate('g_1', false)
    at.activate('jit-prod')
    await at.end()
    expect(at.active()).toBe('mine')
  })

  test('that the user chose meanwhile stays', async () => {
    using at = setUp('mine')
    await at.elevate()
    at.activate('other')
    await at.end()
    expect(at.active()).toBe('other')
  })

  test('stays with the lease that took over, and is the user’s own after that one', async () => {
    using at = setUp('mine')
    await at.elevate('g_1')
    await at.elevate('g_12')
    expect(at.active()).toBe('jit-prod')
    await at.end('g_12')
    expect(at.active()).toBe('mine')
  })

  test('of two targets is the user’s own at last, whichever ends first', { timeout: 60_000 }, async () => {
    const before = fc.option(fc.constantFrom('mine', 'NONE'), { nil: undefined })
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.boolean(), before, async (swap, both, name) => {
        using at = setUp(name, 'memory')
        await at.elevate('g_1', true)
        await at.elevate('g_2', both, 'jit-other')
        for (const id of swap ? ['g_2', 'g_1'] : ['g_1', 'g_2']) await at.end(id)
        expect(at.active()).toBe(name)
        expect(at.files.names().filter((each) => each.includes('jit'))).toEqual([])
      }),
      { numRuns: 12 },
    )
  })

  test('and the configuration are as before after the journal was lost', async () => {
    using at = setUp('mine')
    await at.elevate()
    at.loseJournal()
    at.clock.advance(601_000)
    await at.sweep()
    expect(at.active()).toBe('mine')
    expect(at.files.names().filter((name) => name.includes('jit'))).toEqual([])
    expect(at.files.filesHolding(FEDERATED.accessToken, FEDERATED.subjectToken)).toEqual([])
  })
})

describe('a configuration', () => {
  test('goes with what gcloud has left beside it, and with nothing else', async () => {
    using at = setUp('mine')
    await at.elevate()
    put(gcloudIn(at.files, DEBRIS), 'sqlite')
    put(gcloudIn(at.files, 'mine_configs.db'), 'sqlite')
    await at.end()
    expect(at.files.names()).toEqual([
      '.config',
      '.config/gcloud',
      '.config/gcloud/active_config',
      '.config/gcloud/mine_configs.db',
    ])
  })

  test('that gcloud has written anew goes as well', async () => {
    using at = setUp('mine')
    await at.elevate()
    const rewritten = (at.files.text(at.ours) ?? '').replace(/^#.*\n/, '')
    put(at.ours, `${rewritten}\n[compute]\nzone = z\n`)
    await at.end()
    expect(at.files.names()).toEqual(['.config', '.config/gcloud', '.config/gcloud/active_config'])
  })

  test('of our name that the user has made his own stays', async () => {
    using at = setUp('mine')
    await at.elevate()
    put(at.ours, '[core]\nproject = mine\n')
    await at.end()
    expect(at.files.text(at.ours)).toBe('[core]\nproject = mine\n')
  })
})
