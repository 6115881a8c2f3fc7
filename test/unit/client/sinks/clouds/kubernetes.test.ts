import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { SinkDeps } from '../../../../../src/client/sinks/clouds/deps.ts'
import { kubernetesFiles } from '../../../../../src/client/sinks/clouds/kubernetes-files.ts'
import { kubernetesIsolated } from '../../../../../src/client/sinks/clouds/kubernetes-isolated.ts'
import { kubernetesProcess } from '../../../../../src/client/sinks/clouds/kubernetes-process.ts'
import type { Delivery, Intent } from '../../../../../src/client/sinks/clouds/types.ts'
import { kubeconfig } from '../../../../../src/client/sinks/formats/kubeconfig.ts'
import type { KubernetesCredential } from '../../../../../src/contract/credential.ts'
import { nodeFileSystem } from '../../../../../src/platform/files.ts'
import { NOW } from '../../../../support/fake-approval.ts'
import { TempHome } from '../../../../support/temp-home.ts'

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm5lIn0.c2lnbmF0dXJl'
const iso = (ms: number): string => new Date(ms).toISOString()

const intent: Intent = {
  lease: 'grant_1',
  target: 'prod-cluster',
  profile: 'jit-prod-cluster',
  asDefault: false,
  directory: '/run/jit/grants/grant_1.1',
}
const credential: KubernetesCredential = {
  cloud: 'kubernetes',
  expiration: iso(NOW + 300_000),
  notAfter: iso(NOW + 280_000),
  cluster: 'prod',
  server: 'https://k8s.example:6443',
  namespace: 'db',
  username: 'anne',
  groups: ['dba'],
  token: TOKEN,
}
const delivery = (
  changed: Partial<KubernetesCredential> = {},
  more: Partial<Intent> = {},
): Delivery<KubernetesCredential> => ({
  ...intent,
  ...more,
  endsAt: NOW + 3_600_000,
  credential: { ...credential, ...changed },
})
const deps = (home: TempHome, env: SinkDeps['env'] = {}): SinkDeps => ({
  fs: nodeFileSystem,
  env,
  home: home.home,
  program: ['/opt/no de/bin/node', '/opt/jit/bin/jit.js'],
})
const config = (home: TempHome, name = 'config'): string => join(home.home, '.kube', name)
const USER = 'apiVersion: v1\nkind: Config\nclusters: []\n'

describe('where Kubernetes grants go', () => {
  test('the token first, and then the context that leads to it', async () => {
    using home = new TempHome()
    const token = join(intent.directory, 'kubernetes-token.json')
    const entry = { kind: 'entry', path: config(home), format: 'kubeconfig' }
    const alone = join(intent.directory, 'kubeconfig')
    const own = { kind: 'own', path: alone }
    expect(await kubernetesFiles(deps(home)).plan(intent)).toEqual([{ kind: 'own', path: token }, entry, own])
    expect(await kubernetesProcess(deps(home)).plan(intent)).toEqual([{ kind: 'sealed', path: token }, entry, own])
    expect(await kubernetesIsolated(deps(home)).plan(intent)).toEqual([{ kind: 'own', path: token }, own])
    for (const sink of [kubernetesFiles, kubernetesProcess, kubernetesIsolated])
      expect(sink(deps(home)).environment(intent)).toEqual({ KUBECONFIG: alone })
  })

  test.each<[string, readonly string[], string]>([
    ['a', [], 'a'],
    ['a:b', ['a', 'b'], 'a'],
    ['a:b', ['b'], 'b'],
    ['a:b', [], 'b'],
    [':a::b:', [], 'b'],
    ['', [], 'config'],
    ['a:a', [], 'a'],
  ])('KUBECONFIG=%s with %j there means %s, as to kubectl', async (names, there, wanted) => {
    using home = new TempHome()
    for (const name of there) home.put(USER, 0o600, config(home, name))
    const KUBECONFIG = names.replaceAll(/\w+/g, (name) => config(home, name))
    const sink = kubernetesFiles(deps(home, { KUBECONFIG }))
    expect((await sink.plan(intent))[1]).toMatchObject({ path: config(home, wanted) })
  })

  test('orphans are searched in every file of KUBECONFIG', () => {
    using home = new TempHome()
    const KUBECONFIG = `${config(home, 'a')}:${config(home, 'b')}`
    expect(kubernetesProcess(deps(home, { KUBECONFIG })).searched()).toEqual([
      { path: config(home, 'a'), format: 'kubeconfig' },
      { path: config(home, 'b'), format: 'kubeconfig' },
    ])
  })

  test('a name that the user has in any of the files is his', async () => {
    using home = new TempHome()
    home.put(USER, 0o600, config(home, 'a'))
    home.put('contexts: [{name: jit-prod-cluster, context: {cluster: x}}]', 0o600, config(home, 'real'))
    symlinkSync(config(home, 'real'), config(home, 'b'))
    const sink = kubernetesFiles(deps(home, { KUBECONFIG: `${config(home, 'a')}:${config(home, 'b')}` }))
    await expect(async () => sink.plan(intent)).rejects.toThrow(expect.objectContaining({ code: 'PROFILE_TAKEN' }))
    expect(await sink.plan({ ...intent, profile: 'jit-other' })).toHaveLength(3)
  })

  test('a file beside ours that kubectl cannot read is said: it reads none of them then', async () => {
    using home = new TempHome()
    home.put(USER, 0o600, config(home, 'a'))
    home.put('foo', 0o600, config(home, 'b'))
    const sink = kubernetesFiles(deps(home, { KUBECONFIG: `${config(home, 'a')}:${config(home, 'b')}` }))
    await expect(async () => sink.plan(intent)).rejects.toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
  })
})

describe('what a Kubernetes grant says', () => {
  const written = (text: string) => {
    const { clusters, contexts, users, ...rest } = parse(text)
    return { cluster: clusters[0].cluster, context: contexts[0].context, exec: users[0].user.exec, rest }
  }

  test('kubectl is sent to jit, which finds the token by target', async () => {
    using home = new TempHome()
    const [token, entry] = await kubernetesFiles(deps(home)).contents(delivery())
    expect(token).toEqual({
      content: JSON.stringify({ token: TOKEN, expirationTimestamp: iso(NOW + 280_000) }),
      secrets: [TOKEN],
    })
    expect(entry).toMatchObject({ secrets: [] })
    expect(entry?.content).not.toContain(TOKEN)
    const added = { lease: 'grant_1', profile: intent.profile, expiresAt: 1, content: entry?.content ?? '' }
    const { cluster, context, exec } = written(kubeconfig.insert(Buffer.alloc(0), added).toString())
    expect(cluster).toMatchObject({ server: 'https://k8s.example:6443' })
    expect(context).toMatchObject({ cluster: intent.profile, user: intent.profile, namespace: 'db' })
    expect(exec).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      command: '/opt/no de/bin/node',
      args: ['/opt/jit/bin/jit.js', 'kube-credential', 'prod-cluster'],
      env: [{ name: 'JIT_LEASE', value: 'grant_1 1' }],
      interactiveMode: 'Never',
      provideClusterInfo: false,
      installHint: expect.stringContaining('jit elevate prod-cluster --reason TEXT'),
    })
  })

  test('one of its own is whole, and its context is the current one', async () => {
    using home = new TempHome()
    const [token, own] = await kubernetesIsolated(deps(home)).contents(delivery())
    expect(token?.secrets).toEqual([TOKEN])
    expect(own?.content).not.toContain(TOKEN)
    expect(parse(own?.content ?? '')).toMatchObject({ kind: 'Config', 'current-context': 'jit-prod-cluster' })
  })

  test('the token ends with the lease at the latest', async () => {
    using home = new TempHome()
    const [token] = await kubernetesProcess(deps(home)).contents({ ...delivery(), endsAt: NOW + 1000 })
    expect(JSON.parse(token?.content ?? '')).toMatchObject({ expirationTimestamp: iso(NOW + 1000) })
  })

  test('the authority goes in as kubectl wants it', async () => {
    using home = new TempHome()
    const [, entry] = await kubernetesFiles(deps(home)).contents(delivery({ certificateAuthority: PEM + PEM }))
    const data = JSON.parse(entry?.content ?? '').cluster['certificate-authority-data']
    expect(Buffer.from(data, 'base64').toString()).toBe(PEM + PEM)
  })

  test.each<[string, Partial<KubernetesCredential>]>([
    ['a server without TLS', { server: 'http://k8s.example' }],
    ['a server that is no address', { server: 'k8s.example:6443' }],
    ['a server with a password', { server: 'https://a:b@k8s.example' }],
    ['a server with a line end', { server: 'https://k8s.example/\n' }],
    ['an authority that is no PEM', { certificateAuthority: 'QUJD' }],
    ['an authority that is no certificate', { certificateAuthority: pemOf('QUJD') }],
    ['an authority with words around', { certificateAuthority: `x ${pemOf('QUJD')}` }],
    ['a namespace with a slash', { namespace: 'a/b' }],
    ['an empty namespace', { namespace: '' }],
    ['a token with a line end', { token: `${TOKEN}\n` }],
    ['no token', { token: '' }],
  ])('%s is not written', async (_name, changed) => {
    using home = new TempHome()
    for (const sink of [kubernetesFiles(deps(home)), kubernetesProcess(deps(home)), kubernetesIsolated(deps(home))])
      await expect(async () => sink.contents(delivery(changed))).rejects.toThrow(
        expect.objectContaining({ code: 'ENDPOINT_INVALID' }),
      )
  })

  test.each([['a b'], ['-x'], ['a\nb'], ['']])('neither is the name %j', async (profile) => {
    using home = new TempHome()
    for (const sink of [kubernetesFiles(deps(home)), kubernetesIsolated(deps(home))])
      await expect(async () => sink.plan({ ...intent, profile })).rejects.toThrow(
        expect.objectContaining({ code: 'ENDPOINT_INVALID' }),
      )
  })

  test('how to use it is said', () => {
    using home = new TempHome()
    expect(kubernetesFiles(deps(home)).usage(intent)).toEqual(['kubectl --context jit-prod-cluster get pods'])
    expect(kubernetesFiles(deps(home)).usage({ ...intent, asDefault: true })).toEqual(['kubectl get pods'])
    expect(kubernetesIsolated(deps(home)).usage(intent)).toEqual(['jit exec prod-cluster -- kubectl get pods'])
  })
})

function pemOf(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`
}

/** `openssl req -x509 -newkey ed25519 -nodes -days 36500 -subj /CN=test` */
const PEM = pemOf(`MIIBNDCB56ADAgECAhQMd7Ur/7hjZTOxItwfO/KGHLsYsDAFBgMrZXAwDzENMAsG
A1UEAwwEdGVzdDAgFw0yNjExMjIwNDI5MTFaGA8yMTI2MTAyOTA0MjkxMVowDzEN
MAsGA1UEAwwEdGVzdDAqMAUGAytlcAMhAKKjTamq99Bx9bAPqrCcUmyTPK9Y+kuW
dUzjXp/35Gp5o1MwUTAdBgNVHQ4EFgQUuFzX7WLVNnbzLbAuZp26mhQihjYwHwYD
VR0jBBgwFoAUuFzX7WLVNnbzLbAuZp26mhQihjYwDwYDVR0TAQH/BAUwAwEB/zAF
BgMrZXADQQDGwyB/PXzGPEPU/wcw4Vh9YJsnaiK2J6T/U/eNwUziYF5sVpukkx+k
AbLjmMxrDO/JNZ4aGHW/J5ZcreO51wkK`)
