import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { background } from '../../../src/cli/background.ts'

const places = { config: '/c', state: '/s', runtime: '/r' }
const host = { process, home: '/home/alice', hostname: 'laptop', script: '/opt/jit/bin/jit.js' }
const DIST = join(import.meta.dirname, '../../../dist/jit')

describe('programs in the background', () => {
  test('a reaper waits for hours, so it gets no compiler; a sweep is over at once', () => {
    expect(background('reap', host, places).args).toEqual(['--jitless', '/opt/jit/bin/jit.js', 'reap'])
    expect(background('sweep', host, places).args).toEqual(['/opt/jit/bin/jit.js', 'sweep'])
  })

  test('nothing that jit could load there needs WebAssembly, which goes with the compiler', () => {
    const files = readdirSync(DIST).filter((name) => name.endsWith('.js'))
    expect(files.length).toBeGreaterThan(10)
    expect(files.filter((name) => readFileSync(join(DIST, name), 'utf8').includes('WebAssembly'))).toEqual([])
  })

  test('they know where things lie, and no secret of the shell that they come from', () => {
    const env = { PATH: '/bin', HOME: '/home/alice', AWS_SECRET_ACCESS_KEY: 'secret', JIT_PASSPHRASE: 'secret' }
    const given = background('reap', { ...host, process: Object.assign(Object.create(process), { env }) }, places).env
    expect(given).toEqual({
      PATH: '/bin',
      HOME: '/home/alice',
      JIT_CONFIG_DIR: '/c',
      JIT_STATE_DIR: '/s',
      JIT_RUNTIME_DIR: '/r',
    })
  })
})
