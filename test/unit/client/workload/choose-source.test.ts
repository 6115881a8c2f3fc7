import { describe, expect, test } from 'vitest'
import type { Environment } from '../../../../src/base/environment.ts'
import { chooseSource } from '../../../../src/client/workload/choose-source.ts'
import { KUBERNETES_TOKEN_FILE } from '../../../../src/client/workload/kubernetes.ts'
import { mayBeWorkload } from '../../../../src/client/workload/marks.ts'

const choose = (env: Environment, { isPersonHere = false, files = [] as readonly string[] } = {}): string | undefined =>
  chooseSource(
    { env, readText: (path) => (files.includes(path) ? 'text' : undefined) },
    { isPersonHere: () => isPersonHere },
  )?.provider

const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1' }
const MOUNTED = [KUBERNETES_TOKEN_FILE]

describe('whose token a process logs in with', () => {
  test.each<[string, Environment, readonly string[]]>([
    ['github', { GITHUB_ACTIONS: 'true' }, []],
    ['gitlab', { GITLAB_CI: 'true' }, []],
    ['circleci', { CIRCLECI: 'true' }, []],
    ['buildkite', { BUILDKITE: 'true' }, []],
    ['azure-devops', { TF_BUILD: 'True' }, []],
    ['kubernetes', POD, MOUNTED],
    ['aws', { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2' }, []],
    ['aws', { CODEBUILD_BUILD_ID: 'b' }, []],
    ['google', { K_SERVICE: 's' }, []],
    ['google', { GCE_METADATA_HOST: '127.0.0.1' }, []],
    ['spiffe', { SPIFFE_ENDPOINT_SOCKET: 'unix:///s' }, []],
    ['pinned', { JIT_WORKLOAD_TOKEN: 't' }, []],
    ['pinned', { JIT_WORKLOAD_TOKEN_FILE: '/f' }, []],
  ])('%s, by %j', (provider, env, files) => {
    expect(choose(env, { files })).toBe(provider)
    expect(mayBeWorkload(env)).toBe(true) // or it would not even be looked for
  })

  test('what somebody names for jit comes before the pipeline, and the pipeline before what its machine is', () => {
    expect(choose({ ...POD, GITHUB_ACTIONS: 'true' }, { files: MOUNTED })).toBe('github')
    expect(choose({ GITHUB_ACTIONS: 'true', JIT_WORKLOAD_TOKEN: 't' })).toBe('pinned')
  })

  test('a job of a pipeline speaks for itself even where somebody is logged in; a machine does not', () => {
    expect(choose({ GITHUB_ACTIONS: 'true' }, { isPersonHere: true })).toBe('github')
    expect(choose(POD, { files: MOUNTED, isPersonHere: true })).toBeUndefined()
    expect(choose({ JIT_WORKLOAD: 'google' }, { isPersonHere: true })).toBe('google')
  })

  test('a token that the job names itself is called by its variable, chosen or found', () => {
    const called = (env: Environment): string | undefined =>
      chooseSource({ env, readText: () => undefined }, { isPersonHere: () => false })?.name
    for (const name of ['JIT_WORKLOAD_TOKEN', 'JIT_WORKLOAD_TOKEN_FILE']) {
      expect(called({ [name]: 'x' })).toBe(name)
      expect(called({ [name]: 'x', JIT_WORKLOAD: 'pinned' })).toBe(name)
    }
    expect(called({ JIT_WORKLOAD_TOKEN: 'x', JIT_WORKLOAD_TOKEN_FILE: '/f' })).toBe('JIT_WORKLOAD_TOKEN_FILE')
  })

  test('nobody, where nothing speaks for it or it is switched off', () => {
    expect(choose({})).toBeUndefined()
    expect(choose({ CI: 'true', GITHUB_ACTIONS: 'false' })).toBeUndefined()
    expect(choose(POD)).toBeUndefined() // no token is mounted for jit
    expect(choose({ JIT_WORKLOAD: 'off', GITHUB_ACTIONS: 'true' })).toBeUndefined()
    expect(choose({ JIT_WORKLOAD: 'auto', GITLAB_CI: 'true' })).toBe('gitlab')
  })

  test('a name that there is not is an error that lists those that there are', () => {
    expect(() => choose({ JIT_WORKLOAD: 'jenkins' })).toThrow('There is no workload identity called jenkins.')
  })
})
