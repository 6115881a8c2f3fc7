import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pendingRequests, readPending } from '../../../src/client/pending.ts'
import { speaksUtf8, wantsColour } from '../../../src/platform/output.ts'
import { nodeFileSystem } from '../../../src/platform/files.ts'
import { places } from '../../../src/platform/places.ts'
import { record } from '../../../src/contract/narrow.ts'
import { recordsIn } from '../../../src/platform/records.ts'
import { readSettings, settingsFile, writeSettings } from '../../../src/platform/settings.ts'
import { request } from '../../support/fake-approval.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'jit-settings-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

describe('settings', () => {
  test('none is empty; written ones are read back, private, and foreign members stay', async () => {
    expect(readSettings(directory)).toEqual({})
    writeFileSync(settingsFile(directory), '{"fromTheFuture":1}')
    await writeSettings(directory, { endpoint: 'https://jit.example', keyStore: 'memory' })
    expect(readSettings(directory)).toEqual({ endpoint: 'https://jit.example', keyStore: 'memory' })
    expect(readFileSync(settingsFile(directory), 'utf8')).toContain('fromTheFuture')
    expect(statSync(settingsFile(directory)).mode & 0o777).toBe(0o600)
  })

  test.each(['{', '[]', '{"endpoint":7}', '{"keyStore":"paper"}', ''])(
    '%j is an error that names the file, and stays',
    async (text) => {
      writeFileSync(settingsFile(directory), text)
      expect(() => readSettings(directory)).toThrow(
        expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(settingsFile(directory)) }),
      )
      await expect(writeSettings(directory, { endpoint: 'https://x.example' })).rejects.toMatchObject({
        code: 'CONFIG',
      })
      expect(readFileSync(settingsFile(directory), 'utf8')).toBe(text)
    },
  )
})

describe('remembered requests', () => {
  test('survive, and what is none is shown and left alone', () => {
    const pending = pendingRequests(recordsIn(nodeFileSystem, join(directory, 'requests'), readPending))
    expect(pending.list()).toEqual([])
    pending.remember(request('pending', {}), { endpoint: 'https://jit.example', clockOffsetMs: 5000 })
    writeFileSync(join(directory, 'requests', 'torn.json'), '{"id":')
    writeFileSync(join(directory, 'requests', 'foreign.json'), '{"id":1}')
    expect(pending.list()).toMatchObject([{ id: 'req_1', targets: ['prod-db'] }])
    expect(new Set(pending.unreadable().map((file) => file.split('/').at(-1)))).toEqual(
      new Set(['foreign.json', 'torn.json']),
    )
    pending.forget('req_1')
    pending.forget('req_1')
    expect(pending.list()).toEqual([])
  })

  test('an id that leads out of the directory is refused', () => {
    const records = recordsIn(nodeFileSystem, join(directory, 'requests'), record)
    expect(() => records.put('../../evil', {})).toThrow(expect.objectContaining({ code: 'ENDPOINT_INVALID' }))
  })

  test('a directory that is a file is a clear error', () => {
    writeFileSync(join(directory, 'requests'), '')
    expect(() => recordsIn(nodeFileSystem, join(directory, 'requests'), record).put('req_1', {})).toThrow(
      expect.objectContaining({ code: 'WRITE_FAILED', message: expect.stringContaining('requests') }),
    )
    mkdirSync(join(directory, 'other'))
    expect(recordsIn(nodeFileSystem, join(directory, 'other'), record).all()).toEqual({ documents: [], unreadable: [] })
  })
})

describe('places', () => {
  const linux = { env: {}, home: '/home/eve', platform: 'linux', cwd: '/here' } as const

  test('XDG, with relative values ignored', () => {
    expect(places(linux)).toEqual({
      config: '/home/eve/.config/jit',
      state: '/home/eve/.local/state/jit',
      runtime: '/home/eve/.local/state/jit/run',
    })
    const env = { XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: 'relative', XDG_RUNTIME_DIR: '/run/user/1' }
    expect(places({ ...linux, env })).toEqual({
      config: '/c/jit',
      state: '/home/eve/.local/state/jit',
      runtime: '/run/user/1/jit',
    })
  })

  test('JIT_* override and become absolute: the reaper works elsewhere', () => {
    const env = { JIT_CONFIG_DIR: '/a', JIT_STATE_DIR: 'b', JIT_RUNTIME_DIR: '/c' }
    expect(places({ ...linux, env })).toEqual({ config: '/a', state: '/here/b', runtime: '/c' })
  })
})

describe('terminal', () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ TERM: 'dumb' }, true, false],
  ])('colour with %j and TTY %j: %j', (env, tty, wanted) => {
    expect(wantsColour(env, tty)).toBe(wanted)
  })

  test.each([
    [{ LANG: 'de_DE.UTF-8' }, true],
    [{ LANG: 'C' }, false],
    [{}, false],
    [{ LC_ALL: 'C', LANG: 'de_DE.UTF-8' }, false],
  ])('UTF-8 with %j: %j', (env, wanted) => {
    expect(speaksUtf8(env, 'linux')).toBe(wanted)
  })
})
