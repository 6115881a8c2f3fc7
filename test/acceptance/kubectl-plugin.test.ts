import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LeaseStore } from '../../src/client/leases/store.ts'
import type { Lease } from '../../src/client/leases/types.ts'
import { kubernetesFiles } from '../../src/client/sinks/clouds/kubernetes-files.ts'
import { kubernetesIsolated } from '../../src/client/sinks/clouds/kubernetes-isolated.ts'
import { kubeconfig } from '../../src/client/sinks/formats/kubeconfig.ts'
import type { KubernetesCredential } from '../../src/contract/credential.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import { machineId } from '../../src/platform/machine.ts'
import { hasOpenssl, makeCertificate } from '../support/certificate.ts'
import { hasKubectl, kubectlIn } from '../support/kubectl.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { TempHome } from '../support/temp-home.ts'

const JIT = join(import.meta.dirname, '../../bin/jit.js')
const USUAL = '# mine\nclusters: [] # none yet\n'
const inAnHour = (): string => new Date(systemClock.now() + 3_600_000).toISOString()
const [OLD, NEW] = ['old.old.old', 'new.new.new']

/** A lease in the journal, its token and context where the sink says, a TLS API server, and kubectl between the two. */
async function cluster(given: { readonly isolated?: boolean } = {}) {
  const home = new TempHome()
  const { key, cert, ca } = makeCertificate(home.root, '127.0.0.1')
  const directory = join(home.root, 'run/grants/g_1.1')
  const token = join(directory, 'kubernetes-token.json')
  const put = (held: string): void =>
    writeFileSync(token, JSON.stringify({ token: held, expirationTimestamp: inAnHour() }), { mode: 0o600 })
  const refusals: string[] = []
  let onRefusal = (): void => undefined
  const api = await startKubernetesApi({ key, cert }, () => {
    refusals.push('401')
    onRefusal()
  })
  const deps = { fs: nodeFileSystem, env: {}, home: home.home, program: [process.execPath, JIT] }
  const sink = given.isolated === true ? kubernetesIsolated(deps) : kubernetesFiles(deps)
  const intent = { lease: 'g_1', target: 'prod', profile: 'jit-prod', asDefault: false, directory }
  const endsAt = systemClock.now() + 3_600_000
  const credential: KubernetesCredential = {
    cloud: 'kubernetes',
    expiration: inAnHour(),
    notAfter: inAnHour(),
    cluster: 'prod',
    server: api.url,
    certificateAuthority: readFileSync(ca, 'utf8'),
    namespace: 'db',
    username: 'anne',
    groups: [],
    token: OLD,
  }
  const config = join(home.home, '.kube/config')
  home.put(USUAL, 0o600, config)
  const planned = sink.plan(intent)
  const contents = sink.contents({ ...intent, endsAt, credential })
  for (const [index, { path, kind }] of planned.entries()) {
    const { content } = contents[index] ?? { content: '' }
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const entry = { lease: 'g_1', profile: 'jit-prod', expiresAt: Math.ceil(endsAt / 1000), content }
    writeFileSync(path, kind === 'entry' ? kubeconfig.insert(readFileSync(path), entry) : content, { mode: 0o600 })
  }
  const store = new LeaseStore(nodeFileSystem, systemClock, join(home.stateDir, machineId()))
  store.prepare()
  store.put(leaseOf(endsAt, token))
  const env = { JIT_STATE_DIR: home.stateDir, JIT_RUNTIME_DIR: join(home.root, 'run') }
  return {
    api,
    config,
    home,
    refusals,
    put,
    onRefusal: (then: () => void) => void (onRefusal = then),
    kubectl: kubectlIn(home.home, { ...env, ...sink.environment(intent) }),
    /** What the end of a lease leaves for a moment, and where somebody has kept a copy of the context. */
    endLease: () => {
      store.remove('g_1')
      rmSync(directory, { recursive: true })
    },
    async [Symbol.asyncDispose]() {
      await api.close()
      home[Symbol.dispose]()
    },
  }
}

const leaseOf = (endsAt: number, path: string): Lease => ({
  version: 1,
  id: 'g_1',
  target: 'prod',
  endpoint: 'https://jit.example',
  deliver: 'files',
  entries: [
    {
      cloud: 'kubernetes',
      profile: 'jit-prod',
      role: 'jit:prod',
      sink: 'kubernetes-files',
      deliver: 'files',
      asDefault: false,
      validUntil: endsAt,
    },
  ],
  state: 'active',
  writtenAt: systemClock.now(),
  endsAt,
  writtenAtBootSeconds: Math.floor(systemClock.bootSeconds()),
  places: [
    {
      kind: 'own',
      cloud: 'kubernetes',
      profile: 'jit-prod',
      path,
      temp: '',
      redo: '',
      backup: '',
      existed: false,
      madeDirectories: [],
      secretHashes: [],
    },
  ],
  attempts: 0,
})

describe.skipIf(!hasKubectl || !hasOpenssl)('kubectl asks jit for its token', () => {
  test('and reaches the cluster with it, and nothing else changes', async () => {
    await using at = await cluster()
    at.api.accept(OLD)
    const got = await at.kubectl('--context', 'jit-prod', 'get', 'pods', '-o', 'name')
    expect(got).toEqual({ code: 0, stdout: 'pod/ledger-0\n', stderr: '' })
    expect(new Set(at.api.seen)).toEqual(new Set([OLD]))
    const after = kubeconfig.remove(readFileSync(at.config), () => true).toString()
    expect(after).toBe(USUAL)
  })

  test('again after a 401, and goes on with what it gets then', async () => {
    await using at = await cluster()
    at.api.accept(NEW)
    at.onRefusal(() => at.put(NEW))
    const got = await at.kubectl('--context', 'jit-prod', 'get', 'pods', '-o', 'name')
    expect(got).toMatchObject({ code: 0, stdout: 'pod/ledger-0\n' })
    expect(at.api.seen[0]).toBe(OLD)
    expect(at.api.seen.at(-1)).toBe(NEW)
  })

  test('with a kubeconfig of its own, which leaves that of the user alone', async () => {
    await using at = await cluster({ isolated: true })
    at.api.accept(OLD)
    expect(await at.kubectl('get', 'pods', '-o', 'name')).toMatchObject({ code: 0, stdout: 'pod/ledger-0\n' })
    expect(readFileSync(at.config, 'utf8')).toBe(USUAL)
  })

  test('and is told what to type once the lease is over', async () => {
    await using at = await cluster()
    at.api.accept(OLD)
    at.endLease()
    const { code, stdout, stderr } = await at.kubectl('--context', 'jit-prod', 'get', 'pods')
    expect(code).not.toBe(0)
    expect(stdout).toBe('')
    expect(stderr).toContain('No active grant for prod on this machine.')
    expect(stderr).toContain('jit elevate prod --reason TEXT')
    expect(at.api.seen).toEqual([])
  })

  test('and is answered in v1beta1 where the user has changed our entry to that', async () => {
    await using at = await cluster()
    at.api.accept(OLD)
    writeFileSync(at.config, readFileSync(at.config, 'utf8').replaceAll('k8s.io/v1"', 'k8s.io/v1beta1"'))
    const got = await at.kubectl('--context', 'jit-prod', 'get', 'pods', '-o', 'name')
    expect(got).toMatchObject({ code: 0, stdout: 'pod/ledger-0\n' })
  })
})
