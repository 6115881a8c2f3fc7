import { describe, expect, test } from 'vitest'
import { checkConfiguration, loadConfiguration } from '../../../src/server/configuration.ts'

const CONFIG = `endpoint: https://jit.corp.example
store: { kind: sqlite, path: state.sqlite }
idp: { issuer: https://idp.corp.example, clients: { browser: b } }
policy: [one.cedar, two.cedar]
targets:
  - name: prod-db
    maxDuration: 4h
    aws: { role: arn:aws:iam::123456789012:role/jit-prod-db, region: eu-central-1 }
`
const ASK = '@id("ask") permit(principal in Group::"a", action == Action::"request", resource);'

function source(files: Readonly<Record<string, string>>) {
  return {
    path: '/etc/jit/c.yaml',
    env: {},
    readText: (path: string) => {
      const text = files[path]
      if (text === undefined) throw new Error('ENOENT: no such file')
      return text
    },
  }
}

describe('check', () => {
  test('finds mistakes of every policy file, as errors', async () => {
    const files = {
      '/etc/jit/c.yaml': CONFIG,
      '/etc/jit/one.cedar': `\n${ASK.replace('Group', 'Grup')}`,
      '/etc/jit/two.cedar': ASK,
    }
    expect(await checkConfiguration(source(files))).toMatchObject([
      { level: 'error', file: '/etc/jit/one.cedar', line: 2, message: expect.stringContaining('Grup') },
      { level: 'error', file: '/etc/jit/two.cedar', line: 1, message: expect.stringContaining('already taken') },
    ])
  })

  test('finds gaps, as warnings', async () => {
    const files = { '/etc/jit/c.yaml': CONFIG, '/etc/jit/one.cedar': ASK, '/etc/jit/two.cedar': '' }
    expect(await checkConfiguration(source(files))).toEqual([
      {
        level: 'warning',
        file: '/etc/jit/c.yaml',
        message: 'nobody may approve prod-db, so every request for it is refused.',
      },
    ])
  })

  test('names a policy file that is not there', async () => {
    const files = { '/etc/jit/c.yaml': CONFIG, '/etc/jit/one.cedar': ASK }
    expect(await checkConfiguration(source(files))).toEqual([
      {
        level: 'error',
        file: '/etc/jit/c.yaml',
        message: 'policy: /etc/jit/two.cedar cannot be read: ENOENT: no such file.',
      },
    ])
    await expect(loadConfiguration(source(files))).rejects.toThrow('two.cedar cannot be read')
  })
})
