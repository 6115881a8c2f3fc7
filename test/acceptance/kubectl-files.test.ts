import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { kubernetesFiles } from '../../src/client/sinks/clouds/kubernetes-files.ts'
import { kubeconfig } from '../../src/client/sinks/formats/kubeconfig.ts'
import type { NewEntry } from '../../src/client/sinks/formats/types.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import { hasKubectl, kubectlIn } from '../support/kubectl.ts'
import { kubeconfigText } from '../support/kubeconfig-text.ts'
import { TempHome } from '../support/temp-home.ts'

const entry = (profile: string, asDefault = false): NewEntry => ({
  lease: `grant_${profile}`,
  profile,
  expiresAt: 1_795_000_000,
  content: JSON.stringify({
    cluster: { server: 'https://127.0.0.1:9' },
    context: { cluster: profile, user: profile, namespace: 'db' },
    user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'false', interactiveMode: 'Never' } },
    asDefault,
  }),
})

/** A home with a kubeconfig, the real kubectl on it, and our entries put in and taken out as the engine does. */
function kubeHome(text: string | undefined, names: readonly string[] = ['config']) {
  const home = new TempHome()
  const [path = ''] = names.map((name) => `${home.home}/${name}`)
  if (text !== undefined) home.put(text, 0o600, path)
  const env = { KUBECONFIG: names.map((name) => `${home.home}/${name}`).join(':') }
  const bytes = (): Buffer => home.read(path) ?? Buffer.alloc(0)
  return {
    home,
    path,
    env,
    kubectl: kubectlIn(home.home, env),
    text: () => bytes().toString(),
    insert: (...entries: readonly NewEntry[]) =>
      home.put(
        entries.reduce((all, each) => kubeconfig.insert(all, each), bytes()),
        0o600,
        path,
      ),
    remove: (...profiles: readonly string[]) =>
      home.put(
        kubeconfig.remove(bytes(), ({ profile }) => profiles.includes(profile ?? '')),
        0o600,
        path,
      ),
    [Symbol.dispose]: () => home[Symbol.dispose](),
  }
}

const USUAL = `# my clusters
apiVersion: v1
kind: Config
clusters:
  - name: one          # the old one
    cluster: {server: "https://one.example"}
contexts:
  - name: one
    context: {cluster: one, user: me}
users:
  - name: me
    user: {token: abc}
current-context: 'one'
`

describe.skipIf(!hasKubectl)('the real kubectl beside our entries', () => {
  test('sees ours and the others, and after the end the others as they were', async () => {
    using at = kubeHome(USUAL)
    at.insert(entry('jit-a'), entry('jit-b', true))
    const { stdout } = await at.kubectl('config', 'get-contexts', '-o', 'name')
    expect(stdout.split('\n').toSorted()).toEqual(['', 'jit-a', 'jit-b', 'one'])
    expect((await at.kubectl('config', 'current-context')).stdout).toBe('jit-b\n')
    expect(parse((await at.kubectl('config', 'view', '--minify')).stdout)).toMatchObject({
      clusters: [{ name: 'jit-b', cluster: { server: 'https://127.0.0.1:9' } }],
      contexts: [{ context: { namespace: 'db' } }],
    })
    at.remove('jit-a', 'jit-b')
    expect(at.text()).toBe(USUAL)
    expect((await at.kubectl('config', 'get-contexts', 'jit-a')).code).not.toBe(0)
    expect((await at.kubectl('config', 'current-context')).stdout).toBe('one\n')
  })

  test.each<[string, readonly (readonly string[])[]]>([
    ['set-cluster', [['set-cluster', 'two', '--server=https://two.example']]],
    [
      'set-context and use-context',
      [
        ['set-context', 'two', '--cluster=one', '--user=me'],
        ['use-context', 'two'],
      ],
    ],
    [
      'use-context there and back',
      [
        ['set-context', 'two', '--cluster=one'],
        ['use-context', 'two'],
        ['use-context', 'one'],
      ],
    ],
    ['rename-context', [['rename-context', 'one', 'uno']]],
    ['set-credentials', [['set-credentials', 'you', '--token=xyz']]],
    ['delete-context', [['delete-context', 'one']]],
    [
      'everything deleted',
      [
        ['delete-context', 'one'],
        ['delete-cluster', 'one'],
        ['delete-user', 'me'],
      ],
    ],
  ])(
    'writes the whole file anew in between (%s), and what it leaves is what it leaves without us',
    async (_name, commands) => {
      using ours = kubeHome(USUAL)
      using control = kubeHome(USUAL)
      ours.insert(entry('jit-a'), entry('jit-b'))
      for (const command of commands)
        for (const { kubectl } of [ours, control])
          expect(await kubectl('config', ...command)).toMatchObject({ code: 0 })
      expect(kubeconfig.find(Buffer.from(ours.text())).map(({ lease }) => lease)).toEqual([
        'grant_jit-a',
        'grant_jit-b',
      ])
      ours.remove('jit-b')
      ours.remove('jit-a')
      expect(ours.text()).toBe(control.text())
    },
  )

  test('writes while ours is the default: the context of before comes back', async () => {
    using at = kubeHome(USUAL)
    using control = kubeHome(USUAL)
    at.insert(entry('jit-a', true))
    for (const { kubectl } of [at, control])
      await kubectl('config', 'set-cluster', 'two', '--server=https://two.example')
    at.remove('jit-a')
    expect(at.text()).toBe(control.text())
  })

  test('changes, renames and deletes parts of ours: the rest of it goes with the lease', async () => {
    using at = kubeHome(USUAL)
    using control = kubeHome(USUAL)
    at.insert(entry('jit-a', true), entry('jit-b'))
    await at.kubectl('config', 'set-context', 'jit-a', '--namespace=mine')
    await at.kubectl('config', 'set-cluster', 'jit-a', '--insecure-skip-tls-verify')
    await at.kubectl('config', 'rename-context', 'jit-a', 'prod')
    await at.kubectl('config', 'delete-context', 'jit-b')
    for (const { kubectl } of [at, control])
      await kubectl('config', 'set-cluster', 'two', '--server=https://two.example')
    at.remove('jit-a', 'jit-b')
    expect(at.text()).toBe(control.text())
  })

  test('makes of a file that we made one that goes as a whole', async () => {
    using at = kubeHome(undefined)
    at.insert(entry('jit-a', true))
    expect((await at.kubectl('config', 'current-context')).stdout).toBe('jit-a\n')
    await at.kubectl('config', 'set-context', 'jit-a', '--namespace=x')
    at.remove('jit-a')
    expect(at.text()).toBe('')
  })

  test('says that a context which is over is not there, and asks no other cluster', async () => {
    using at = kubeHome(USUAL)
    at.insert(entry('jit-a'))
    await at.kubectl('config', 'use-context', 'jit-a')
    at.remove('jit-a')
    const { code, stderr } = await at.kubectl('get', 'pods')
    expect(code).not.toBe(0)
    expect(stderr).toContain('context was not found for specified context: jit-a')
  })

  test('reads every form that we write into', async () => {
    const texts = fc.sample(kubeconfigText, { seed: 20_261_122, numRuns: 40 })
    for (const text of texts) {
      using at = kubeHome(text)
      at.insert(entry('jit-a'), entry('jit-b', true))
      const { code, stdout, stderr } = await at.kubectl('config', 'view', '--raw', '-o', 'json')
      expect({ code, stderr, text }).toEqual({ code: 0, stderr: '', text })
      const names = (list: unknown): unknown => (Array.isArray(list) ? list.map(({ name }) => name) : [])
      const seen = parse(stdout)
      for (const list of [seen.clusters, seen.contexts, seen.users])
        expect(names(list)).toEqual(expect.arrayContaining(['jit-a', 'jit-b']))
      expect(seen['current-context']).toBe('jit-b')
      at.remove('jit-a', 'jit-b')
      expect(at.text()).toBe(text)
    }
  })

  test.each([
    ['the first that is there', ['a', 'b'], 'a'],
    ['the second where the first is not there', ['b'], 'b'],
    ['the last where none is there', [], 'b'],
  ])('writes to the file of KUBECONFIG that we write to: %s', async (_name, there, wanted) => {
    using at = kubeHome(undefined, ['a', 'b'])
    for (const name of there) at.home.put('apiVersion: v1\nkind: Config\n', 0o600, `${at.home.home}/${name}`)
    const { home } = at.home
    const sink = kubernetesFiles({ fs: nodeFileSystem, env: at.env, home, program: ['jit'] })
    const intent = { lease: 'g', target: 't', profile: 'jit-t', asDefault: false, directory: '/run/g' }
    const [, planned] = await sink.plan(intent)
    await at.kubectl('config', 'set-context', 'new', '--cluster=x')
    expect(at.home.text(`${home}/${wanted}`)).toContain('name: new')
    expect(planned?.path).toBe(`${home}/${wanted}`)
  })
})
