import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gcpFiles } from '../../../../src/client/sinks/clouds/gcp-files.ts'
import { wipeDebris, wipePointer, writePointer } from '../../../../src/client/sinks/pointer-file.ts'
import { nodeFileSystem } from '../../../../src/platform/files.ts'
import { deliver, FEDERATED, gcloudIn, intentIn, pointerOf, put, sinkDeps } from '../../../support/gcp-delivery.ts'
import { TempHome } from '../../../support/temp-home.ts'

const DEBRIS = 'jit-prod_configs.db'
const debrisOf = (home: TempHome) => ({
  path: gcloudIn(home, DEBRIS),
  beside: gcloudIn(home, 'configurations', 'config_jit-prod'),
})

describe('the active configuration', () => {
  const active = (home: TempHome): string | undefined => home.text(gcloudIn(home, 'active_config'))
  const begin = (home: TempHome, before: string | undefined): void => {
    if (before !== undefined) put(gcloudIn(home, 'active_config'), before, 0o640)
  }

  test('is not written without asDefault', () => {
    using home = new TempHome()
    begin(home, 'mine')
    deliver(gcpFiles(sinkDeps(home)), intentIn(home), FEDERATED)
    expect(active(home)).toBe('mine')
  })

  test.each([['mine'], ['NONE'], ['default'], [undefined]])(
    'with asDefault is ours, and %s again afterwards',
    (before) => {
      using home = new TempHome()
      begin(home, before)
      const intent = { ...intentIn(home), asDefault: true }
      const pointer = pointerOf(home, intent)
      deliver(gcpFiles(sinkDeps(home)), intent, FEDERATED)
      expect(active(home)).toBe('jit-prod') // without an end of line, which gcloud would not forgive
      wipePointer(nodeFileSystem, pointer, 'g_1')
      expect(active(home)).toBe(before)
      expect(home.mode(gcloudIn(home, 'active_config'))).toBe(before === undefined ? undefined : 0o640)
      wipePointer(nodeFileSystem, pointer, 'g_1')
    },
  )

  test('that the user made ours himself is his old one again afterwards', () => {
    using home = new TempHome()
    begin(home, 'mine')
    const intent = intentIn(home)
    const pointer = pointerOf(home, intent)
    deliver(gcpFiles(sinkDeps(home)), intent, FEDERATED)
    put(gcloudIn(home, 'active_config'), 'jit-prod')
    wipePointer(nodeFileSystem, pointer, 'g_1')
    expect(active(home)).toBe('mine')
  })

  test('that the user chose meanwhile stays', () => {
    using home = new TempHome()
    begin(home, 'mine')
    const intent = { ...intentIn(home), asDefault: true }
    const pointer = pointerOf(home, intent)
    deliver(gcpFiles(sinkDeps(home)), intent, FEDERATED)
    put(gcloudIn(home, 'active_config'), 'other')
    wipePointer(nodeFileSystem, pointer, 'g_1')
    expect(active(home)).toBe('other')
  })

  test('stays with a later lease of the same name when the earlier one ends', () => {
    using home = new TempHome()
    begin(home, 'mine')
    const sink = gcpFiles(sinkDeps(home))
    const [one, two] = [intentIn(home, 'g_1'), intentIn(home, 'g_2')].map((intent) => ({ ...intent, asDefault: true }))
    if (one === undefined || two === undefined) throw new Error('two leases')
    const first = pointerOf(home, one)
    deliver(sink, one, FEDERATED)
    const second = pointerOf(home, two)
    deliver(sink, two, FEDERATED)
    wipePointer(nodeFileSystem, first, 'g_1')
    expect(active(home)).toBe('jit-prod')
    wipePointer(nodeFileSystem, second, 'g_2')
    expect(active(home)).toBe('mine')
  })

  test('of two targets in any order of ends is the user’s own again at last', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), fc.option(fc.constantFrom('mine', 'NONE')), (swap, both, before) => {
        using home = new TempHome('memory')
        begin(home, before ?? undefined)
        const sink = gcpFiles(sinkDeps(home))
        const one = { ...intentIn(home, 'g_1'), asDefault: true }
        const two = { ...intentIn(home, 'g_2'), profile: 'jit-other', asDefault: both }
        const first = pointerOf(home, one)
        deliver(sink, one, FEDERATED)
        const second = pointerOf(home, two)
        deliver(sink, two, FEDERATED)
        const ends = [() => wipePointer(nodeFileSystem, first, 'g_1'), () => wipePointer(nodeFileSystem, second, 'g_2')]
        for (const end of swap ? ends.toReversed() : ends) end()
        expect(active(home)).toBe(before ?? undefined)
      }),
    )
  })

  test('a file behind a link is written through it', () => {
    using home = new TempHome()
    const real = join(home.home, 'dotfiles', 'active')
    put(real, 'mine')
    mkdirSync(gcloudIn(home), { recursive: true })
    symlinkSync(real, gcloudIn(home, 'active_config'))
    const pointer = pointerOf(home, intentIn(home))
    expect(pointer.before).toBe('mine')
    writePointer(nodeFileSystem, pointer, 'g_1')
    expect(home.text(real)).toBe('jit-prod')
    expect(home.names().filter((name) => name.includes('tmp'))).toEqual([])
  })

  test('is given back after the configuration itself is gone, and again and again', () => {
    using home = new TempHome()
    begin(home, 'mine')
    const intent = { ...intentIn(home), asDefault: true }
    const pointer = pointerOf(home, intent)
    deliver(gcpFiles(sinkDeps(home)), intent, FEDERATED)
    rmSync(pointer.beside)
    for (const _time of [1, 2]) {
      wipePointer(nodeFileSystem, pointer, 'g_1')
      expect(active(home)).toBe('mine')
    }
  })

  test('stays where the user has made a configuration of our name his own', () => {
    using home = new TempHome()
    const intent = { ...intentIn(home), asDefault: true }
    const pointer = pointerOf(home, intent)
    deliver(gcpFiles(sinkDeps(home)), intent, FEDERATED)
    put(pointer.beside, '[core]\nproject = mine\n')
    wipePointer(nodeFileSystem, pointer, 'g_1')
    expect(active(home)).toBe('jit-prod')
  })

  test('what a crash has left of a change goes with the wipe', () => {
    using home = new TempHome()
    begin(home, 'mine')
    const pointer = pointerOf(home, intentIn(home))
    put(gcloudIn(home, '.active_config.jit-g_1.tmp'), 'jit-prod')
    wipePointer(nodeFileSystem, pointer, 'g_1')
    expect(home.names()).toEqual(['.config', '.config/gcloud', '.config/gcloud/active_config'])
  })
})

describe('what gcloud leaves beside a configuration', () => {
  test('goes with it', () => {
    using home = new TempHome()
    deliver(gcpFiles(sinkDeps(home)), intentIn(home), FEDERATED)
    put(gcloudIn(home, DEBRIS), 'sqlite')
    put(gcloudIn(home, 'mine_configs.db'), 'sqlite')
    for (const _time of [1, 2]) wipeDebris(nodeFileSystem, debrisOf(home), 'g_1')
    expect(home.names().filter((name) => name.endsWith('.db'))).toEqual(['.config/gcloud/mine_configs.db'])
  })

  test('stays while a later lease has the configuration', () => {
    using home = new TempHome()
    deliver(gcpFiles(sinkDeps(home)), intentIn(home, 'g_1'), FEDERATED)
    deliver(gcpFiles(sinkDeps(home)), intentIn(home, 'g_2'), FEDERATED)
    put(gcloudIn(home, DEBRIS), 'sqlite')
    wipeDebris(nodeFileSystem, debrisOf(home), 'g_1')
    expect(home.text(gcloudIn(home, DEBRIS))).toBe('sqlite')
  })
})
