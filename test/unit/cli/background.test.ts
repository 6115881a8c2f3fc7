import { describe, expect, test } from 'vitest'
import { background, scheduled } from '../../../src/cli/background.ts'

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
