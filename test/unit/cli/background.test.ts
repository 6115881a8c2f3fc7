import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { background, scheduled } from '../../../src/cli/background.ts'

const DIST = join(import.meta.dirname, '../../../dist/jit')
const env = {
  HOME: '/home/eve',
  GITHUB_ACTIONS: 'true',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'bearer of the job',
  JIT_WORKLOAD: 'github',
  GITHUB_TOKEN: 'ghs_1',
  AWS_SECRET_ACCESS_KEY: 'key',
  JIT_PASSPHRASE_FD: '3',
  RUNNER_TRACKING_ID: 'github_1',
}
const host = { process: { ...process, env }, home: '/home/eve', hostname: 'h', script: '/jit.js' }
const places = { config: '/c', state: '/s', runtime: '/r' }

describe('what a process in the background knows', () => {
  test('is how its job gets tokens, and no other secret; nor what the runner would find it by and kill it', () => {
    const known = background('reap', host, places).env
    expect(known).toMatchObject({
      GITHUB_ACTIONS: 'true',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'bearer of the job',
      JIT_WORKLOAD: 'github',
    })
    for (const name of ['GITHUB_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'JIT_PASSPHRASE_FD', 'RUNNER_TRACKING_ID'])
      expect(known).not.toHaveProperty(name)
  })

  test('is nothing of a job where the system writes it down', () => {
    expect(scheduled(host, places).env).toEqual({
      JIT_CONFIG_DIR: '/c',
      JIT_STATE_DIR: '/s',
      JIT_RUNTIME_DIR: '/r',
    })
  })
})

describe('programs in the background', () => {
  test('a reaper waits for hours, so it gets no compiler and no debugger; a sweep is over at once', () => {
    const { args } = background('reap', host, places)
    expect(args).toEqual(['--jitless', '--expose-gc', '--disable-sigusr1', '/jit.js', 'reap'])
    expect(background('sweep', host, places).args).toEqual(['/jit.js', 'sweep'])
  })

  test('nothing that jit could load there needs WebAssembly, which goes with the compiler', () => {
    const files = readdirSync(DIST).filter((name) => name.endsWith('.js'))
    expect(files.length).toBeGreaterThan(10)
    expect(files.filter((name) => readFileSync(join(DIST, name), 'utf8').includes('WebAssembly'))).toEqual([])
  })

  test('they know where things lie, and no secret of the shell that they come from', () => {
    const shell = { PATH: '/bin', HOME: '/home/alice', AWS_SECRET_ACCESS_KEY: 'secret', JIT_PASSPHRASE: 'secret' }
    const given = background('reap', { ...host, process: { ...process, env: shell } }, places).env
    expect(given).toEqual({
      PATH: '/bin',
      HOME: '/home/alice',
      JIT_CONFIG_DIR: '/c',
      JIT_STATE_DIR: '/s',
      JIT_RUNTIME_DIR: '/r',
    })
  })
})
