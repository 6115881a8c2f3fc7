import { describe, expect, test } from 'vitest'
import { JitError } from '../../../src/base/errors.ts'
import type { Entry, Lease, Place, PlaceKind } from '../../../src/client/leases/types.ts'
import { type KubernetesServing, serveFromFile, serveKubernetes } from '../../../src/client/served-kubernetes.ts'
import { iso, NOW } from '../../support/fake-approval.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const END = NOW + 3_000_000
const SLICE = NOW + 300_000

const place = (id: string, kind: PlaceKind, name = 'kubernetes-token.json'): Place => ({
  kind,
  cloud: 'kubernetes',
  profile: 'jit-prod',
  path: `/run/jit/grants/${id}.1/${name}`,
  temp: '',
  redo: '',
  backup: '',
  existed: false,
  madeDirectories: [],
  secretHashes: [],
})
const entry: Entry = {
  cloud: 'kubernetes',
  profile: 'jit-prod',
  role: 'jit:prod',
  sink: 'kubernetes-files',
  deliver: 'files',
  asDefault: false,
  validUntil: SLICE,
}
const lease = (id: string, more: Partial<Lease> = {}, kind: PlaceKind = 'own'): Lease => ({
  version: 1,
  id,
  target: 'prod',
  endpoint: 'https://jit.example',
  deliver: 'files',
  entries: [entry],
  state: 'active',
  writtenAt: NOW - 600_000,
  endsAt: END,
  writtenAtBootSeconds: 0,
  places: [place(id, 'own', 'kubeconfig'), place(id, kind)],
  attempts: 0,
  ...more,
})
const held = (token: string, end = SLICE): Buffer =>
  Buffer.from(JSON.stringify({ token, expirationTimestamp: iso(end) }))

const serving = (more: Partial<KubernetesServing> = {}): KubernetesServing => ({
  leases: () => [lease('g_1')],
  read: (path) => (path.endsWith('kubernetes-token.json') ? held(path.split('/').at(-2) ?? '') : undefined),
  readSealed: () => Promise.reject(new Error('no key store was needed')),
  renewed: () => Promise.reject(new Error('no endpoint was needed')),
  clock: new FakeClock(NOW, 600),
  env: {},
  ...more,
})
const answer = (token: string, end = SLICE, version = 'v1') => ({
  apiVersion: `client.authentication.k8s.io/${version}`,
  kind: 'ExecCredential',
  status: { token, expirationTimestamp: iso(end) },
})

describe('kubectl gets', () => {
  test('the token of the live lease, until it or the lease ends', async () => {
    expect(await serveKubernetes('prod', serving())).toEqual(answer('g_1.1'))
    const short = serving({ leases: () => [lease('g_1', { endsAt: NOW + 5000 })] })
    expect(await serveKubernetes('prod', short)).toEqual(answer('g_1.1', NOW + 5000))
    expect(serveFromFile('prod', serving())).toEqual(answer('g_1.1'))
  })

  test('that of the lease which its context was written for, where two are live', async () => {
    const two = { leases: () => [lease('g_1'), lease('g_2')] }
    expect(await serveKubernetes('prod', serving(two))).toEqual(answer('g_2.1'))
    expect(await serveKubernetes('prod', serving({ ...two, env: { JIT_LEASE: 'g_1 1795000000' } }))).toEqual(
      answer('g_1.1'),
    )
    expect(await serveKubernetes('prod', serving({ ...two, env: { JIT_LEASE: 'g_gone 1' } }))).toEqual(answer('g_2.1'))
  })

  test('none that a jit exec keeps to its program, but inside of it, or by the context that was written for it', async () => {
    const kept = lease('g_1', { entries: [{ ...entry, deliver: 'isolated' }], usedBy: 'g_1' })
    const alone = { leases: () => [kept] }
    await expect(serveKubernetes('prod', serving(alone))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const both = { leases: () => [kept, lease('g_2')] }
    expect(await serveKubernetes('prod', serving(both))).toEqual(answer('g_2.1'))
    expect(await serveKubernetes('prod', serving({ ...both, within: ['g_1'] }))).toEqual(answer('g_1.1'))
    expect(await serveKubernetes('prod', serving({ ...both, env: { JIT_LEASE: 'g_1 1' } }))).toEqual(answer('g_1.1'))
  })

  test.each([
    ['client.authentication.k8s.io/v1', 'v1'],
    ['client.authentication.k8s.io/v1beta1', 'v1beta1'],
  ])('the version that it asks for: %s', async (apiVersion, version) => {
    const env = {
      KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false } }),
    }
    expect(await serveKubernetes('prod', serving({ env }))).toEqual(answer('g_1.1', SLICE, version))
  })

  test.each([['{"apiVersion":"client.authentication.k8s.io/v1alpha1"}'], ['{"apiVersion":1}'], ['[]'], ['{']])(
    'an error for a version that jit does not speak: %s',
    async (info) => {
      const env = { KUBERNETES_EXEC_INFO: info }
      await expect(serveKubernetes('prod', serving({ env }))).rejects.toMatchObject({ code: 'CONFIG' })
      expect(() => serveFromFile('prod', serving({ env }))).toThrow(expect.objectContaining({ code: 'CONFIG' }))
    },
  )

  test.each<[string, readonly Lease[]]>([
    ['no lease', []],
    ['a lease of another target', [lease('g_1', { target: 'logs' })]],
    ['a lease that is over', [lease('g_1', { endsAt: NOW })]],
    ['a lease that the boot clock has ended', [lease('g_1', { writtenAtBootSeconds: -9000 })]],
    ['a lease that is being wiped', [lease('g_1', { state: 'wiping' })]],
    ['a lease of another cloud', [lease('g_1', { entries: [{ ...entry, cloud: 'aws' }] })]],
  ])('for %s what to type', async (_name, leases) => {
    const wanted = { code: 'NOT_FOUND', hint: 'Type: jit elevate prod --reason TEXT' }
    await expect(serveKubernetes('prod', serving({ leases: () => leases }))).rejects.toMatchObject(wanted)
  })

  test.each<[string, Buffer]>([
    ['is torn', held('g_1.1').subarray(0, 20)],
    ['is another thing', Buffer.from('{"token":1}')],
  ])('what to type where the file %s', async (_name, bytes) => {
    await expect(serveKubernetes('prod', serving({ read: () => bytes }))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'Type: jit revoke prod, then jit elevate prod --reason TEXT',
    })
  })
})

describe('a sealed token', () => {
  const sealed = { leases: () => [lease('g_1', {}, 'sealed')], read: () => held('plain') }

  test('comes out of the key store, and never by the short way', async () => {
    const asked: string[] = []
    const readSealed: KubernetesServing['readSealed'] = async ({ id }, { path }) => {
      asked.push(id, path)
      return held('unsealed').toString()
    }
    expect(serveFromFile('prod', serving(sealed))).toBeUndefined()
    expect(await serveKubernetes('prod', serving({ ...sealed, readSealed }))).toEqual(answer('unsealed'))
    expect(asked).toEqual(['g_1', '/run/jit/grants/g_1.1/kubernetes-token.json'])
  })

  test('that the key store does not open is the error of the key store', async () => {
    const readSealed = () => Promise.reject(new JitError('SECRET_STORE', 'The keychain is locked.', 'Unlock it.'))
    await expect(serveKubernetes('prod', serving({ ...sealed, readSealed }))).rejects.toMatchObject({
      code: 'SECRET_STORE',
    })
  })
})

describe('a slice that is over', () => {
  const over = (end: number): Partial<KubernetesServing> => {
    let slice = held('old', end)
    return {
      read: () => slice,
      renewed: async (old) => {
        slice = held('new', NOW + 600_000)
        return old
      },
    }
  }

  const failing = () => Promise.reject(new JitError('ENDPOINT_UNREACHABLE', 'No answer.', 'Try again.'))

  test.each([[NOW - 1], [NOW], [NOW + 9_000]])('is renewed (end %d)', async (end) => {
    expect(serveFromFile('prod', serving(over(end)))).toBeUndefined()
    expect(await serveKubernetes('prod', serving(over(end)))).toEqual(answer('new', NOW + 600_000))
  })

  test('is not given to kubectl where there is no next one', async () => {
    const none = serving({ ...over(NOW), renewed: failing })
    await expect(serveKubernetes('prod', none)).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' })
    const same = serving({ ...over(NOW), renewed: async (old) => old })
    await expect(serveKubernetes('prod', same)).rejects.toMatchObject({
      code: 'GRANT_ENDED',
      hint: expect.stringContaining('jit elevate prod --reason TEXT'),
    })
  })

  test('is not used once the endpoint has ended the grant', async () => {
    const ended = async () => {
      throw new JitError('GRANT_ENDED', 'The grant was ended.', 'Ask again.')
    }
    const over9 = serving({ ...over(NOW + 9_000), renewed: ended })
    await expect(serveKubernetes('prod', over9)).rejects.toMatchObject({ code: 'GRANT_ENDED' })
  })

  test('or lost with a reboot is fetched anew', async () => {
    let bytes: Buffer | undefined
    const renewed: KubernetesServing['renewed'] = async (old) => {
      bytes = held('new')
      return old
    }
    expect(await serveKubernetes('prod', serving({ read: () => bytes, renewed }))).toEqual(answer('new'))
  })

  test('is used to its end where there is no next one', async () => {
    const last = serving({ ...over(NOW + 9_000), renewed: failing })
    expect(await serveKubernetes('prod', last)).toEqual(answer('old', NOW + 9_000))
  })

  test('but with the lease is the end', async () => {
    const last = serving({ ...over(NOW + 9_000), leases: () => [lease('g_1', { endsAt: NOW + 8_000 })] })
    expect(serveFromFile('prod', last)).toEqual(answer('old', NOW + 8_000))
  })
})
