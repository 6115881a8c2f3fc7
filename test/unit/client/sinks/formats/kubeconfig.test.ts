import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { kubeconfig } from '../../../../../src/client/sinks/formats/kubeconfig.ts'
import { asKubectlWrites } from '../../../../support/as-kubectl-writes.ts'
import { codeOf, entry, file, insert, remove, USUAL } from '../../../../support/kubeconfig-entries.ts'
import { kubeconfigText } from '../../../../support/kubeconfig-text.ts'

describe('a kubeconfig gets its bytes back', () => {
  const profiles = fc.shuffledSubarray(['jit-a', 'jit-b', 'jit-c'], { minLength: 1 })

  test('whatever its form, and in whatever order entries go', () => {
    fc.assert(
      fc.property(
        kubeconfigText,
        profiles,
        profiles,
        fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
        (text, coming, going, defaults) => {
          const entries = coming.map((profile, index) => entry(profile, defaults[index]))
          const full = insert(text, ...entries)
          expect(
            kubeconfig
              .find(file(full))
              .map(({ lease }) => lease)
              .toSorted(),
          ).toEqual(entries.map(({ lease }) => lease).toSorted())
          const order = [...going, ...coming]
          expect(order.reduce((rest, profile) => remove(rest, profile), full)).toBe(text)
          expect(kubeconfig.remove(file(full), () => true).toString()).toBe(text)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('each entry goes as if the others were all that had ever been there', () => {
    fc.assert(
      fc.property(kubeconfigText, fc.boolean(), (text, asDefault) => {
        const both = insert(text, entry('jit-a', asDefault), entry('jit-b'))
        expect(remove(both, 'jit-b')).toBe(insert(text, entry('jit-a', asDefault)))
      }),
      { numRuns: 60 },
    )
  })

  test('kubectl writes all of it anew in between', () => {
    fc.assert(
      fc.property(kubeconfigText, profiles, fc.boolean(), (text, coming, asDefault) => {
        const full = asKubectlWrites(insert(text, ...coming.map((profile) => entry(profile, asDefault))))
        expect(asKubectlWrites(remove(full, ...coming))).toBe(asKubectlWrites(text))
      }),
      { numRuns: 120 },
    )
  })
})

describe('an entry in a kubeconfig', () => {
  test('stands in the three lists, in the way kubectl writes it, with a mark in each', () => {
    const text = insert(USUAL, entry('jit-a'))
    const { clusters, contexts, users, ...rest } = parse(text)
    const extensions = [{ name: 'jit', extension: { lease: 'g_jit-a', profile: 'jit-a', expiresAt: 1_795_000_000 } }]
    expect(clusters[0]).toEqual({
      name: 'jit-a',
      cluster: { server: 'https://k.example:6443', 'certificate-authority-data': 'QUJD', extensions },
    })
    expect(contexts[0]).toEqual({
      name: 'jit-a',
      context: { cluster: 'jit-a', user: 'jit-a', namespace: 'on', extensions },
    })
    expect(users[0].user).toEqual({
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: '/usr/bin/node',
        args: ['x: y'],
        env: [{ name: 'JIT_LEASE', value: 'g_jit-a 1795000000' }],
      },
      extensions,
    })
    expect(rest).toEqual({ apiVersion: 'v1', kind: 'Config', preferences: {}, 'current-context': 'one' })
    expect(text).toContain('    namespace: "on"\n') // a boolean to kubectl without its quotes
    expect(kubeconfig.find(file(text))).toEqual([
      { lease: 'g_jit-a', expiresAt: 1_795_000_000, profile: 'jit-a', secrets: [] },
    ])
  })

  test('takes the indentation and line ends of its list', () => {
    const text = insert('clusters:\r\n    # first\r\n    - name: one\r\n', entry('jit-a'))
    expect(text).toContain('\r\nclusters:\r\n    - name: "jit-a"\r\n      cluster:\r\n')
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    expect(text).toContain('    # first\r\n    - name: one\r\n')
  })

  test('replaces one of the same profile, and one of the same lease', () => {
    const newer = { ...entry('jit-a'), lease: 'g_newer' }
    expect(insert(USUAL, entry('jit-a'), newer)).toBe(insert(USUAL, newer))
    expect(insert(USUAL, entry('jit-a', true), entry('jit-a', true))).toBe(insert(USUAL, entry('jit-a', true)))
  })

  test('survives that the user changes and renames what is ours, and goes with it', () => {
    const changed = insert(USUAL, entry('jit-a', true))
      .replace('namespace: "on"', 'namespace: mine')
      .replace(/name: "jit-a"\n {2}context/, 'name: prod\n  context')
      .replace('current-context: "jit-a"', 'current-context: prod')
    expect(remove(changed, 'jit-a')).toBe(USUAL)
  })

  test('goes too where a program has dropped all extensions', () => {
    const plain: Record<string, { cluster?: object; context?: object; user?: object }[]> = parse(
      insert(USUAL, entry('jit-a')),
    )
    for (const list of ['clusters', 'contexts', 'users'])
      for (const { cluster, context, user } of plain[list] ?? [])
        for (const value of [cluster, context, user])
          if (value !== undefined) Reflect.deleteProperty(value, 'extensions')
    const text = stringify(plain)
    expect(text).not.toContain('extensions')
    expect(kubeconfig.find(file(text))).toMatchObject([{ lease: 'g_jit-a', profile: 'jit-a' }])
    expect(parse(remove(text, 'jit-a'))).toEqual(parse(USUAL))
    const ours = { lease: 'g_jit-a', profile: 'jit-a' }
    expect(parse(kubeconfig.removeUnmarked(file(text), ours, () => false).toString())).toEqual(parse(USUAL))
  })

  test('does not take along a context of its name that the user has made in its place', () => {
    const others = insert(USUAL, entry('jit-a')).replace(
      /- name: "jit-a"\n {2}context:\n(?: {4}.*\n)+/,
      '- name: jit-a\n  context:\n    cluster: one\n    user: me\n',
    )
    expect(parse(remove(others, 'jit-a'))).toMatchObject({
      clusters: [{ name: 'one' }],
      contexts: [{ name: 'jit-a', context: { cluster: 'one', user: 'me' } }, { name: 'one' }],
      users: [{ name: 'me' }],
    })
  })

  test('whose lease has ended does not take along the entry that came after it', () => {
    const text = insert(USUAL, { ...entry('jit-a'), lease: 'g_newer' })
    expect(kubeconfig.removeUnmarked(file(text), { lease: 'g_older', profile: 'jit-a' }, () => false).toString()).toBe(
      text,
    )
  })

  test('in a file that nobody can parse stays known, and its removal says so', () => {
    const torn = `${insert(USUAL, entry('jit-a'))}\t- broken: [\n`
    expect(kubeconfig.find(file(torn))).toEqual([{ lease: 'g_jit-a', expiresAt: 1_795_000_000, secrets: [] }])
    expect(codeOf(() => kubeconfig.remove(file(torn), () => true))).toBe('FILE_UNREADABLE')
    const foreign = file('\t- broken: [\n')
    expect(kubeconfig.remove(foreign, () => true)).toEqual(foreign)
  })

  test('leaves nothing of a file that it made, also where kubectl has written it since', () => {
    const text = insert('', entry('jit-a', true), entry('jit-b'))
    expect(text).toMatch(/^current-context: "jit-a"\napiVersion: v1\nkind: Config\nclusters:\n- name: "jit-b"\n/)
    expect(remove(text, 'jit-a', 'jit-b')).toBe('')
    expect(remove(asKubectlWrites(text), 'jit-a', 'jit-b')).toBe('')
  })

  test('leaves what the user has put into a file that it made', () => {
    const text = asKubectlWrites(insert('', entry('jit-a')))
    const more = text.replace('- cluster:\n', '- cluster:\n    server: https://mine\n  name: mine\n- cluster:\n')
    expect(parse(remove(more, 'jit-a'))).toMatchObject({ clusters: [{ name: 'mine' }], contexts: null, users: null })
  })
})

describe('the current context', () => {
  const current = (text: string): unknown => parse(text)['current-context']

  test('comes back as it was written', () => {
    const text = USUAL.replace('current-context: one', "current-context: 'one' # mine")
    const full = insert(text, entry('jit-a', true))
    expect(current(full)).toBe('jit-a')
    expect(remove(full, 'jit-a')).toBe(text)
  })

  test('stays where the user has chosen another since', () => {
    const full = insert(USUAL, entry('jit-a', true)).replace('current-context: "jit-a"', 'current-context: two')
    expect(remove(full, 'jit-a')).toBe(USUAL.replace('current-context: one', 'current-context: two'))
    expect(current(insert(full, entry('jit-a', true)))).toBe('two')
  })

  test('of two grants goes back to what is left, in any order', () => {
    const both = insert(USUAL, entry('jit-a', true), entry('jit-b', true))
    expect(current(remove(both, 'jit-b'))).toBe('jit-a')
    expect(current(remove(both, 'jit-a'))).toBe('jit-b')
    expect(remove(both, 'jit-a', 'jit-b')).toBe(USUAL)
    expect(
      kubeconfig
        .remove(
          kubeconfig.remove(file(both), ({ profile }) => profile === 'jit-a'),
          () => true,
        )
        .toString(),
    ).toBe(USUAL)
  })

  test('is as kubectl wrote it, whatever grants came and went after that', () => {
    const byKubectl = (text: string): string =>
      asKubectlWrites(text).replace(
        /^clusters:( null)?$/m,
        'clusters:\n- cluster:\n    server: https://mine\n  name: a',
      )
    const written = byKubectl(insert('', entry('jit-a', true), entry('jit-b', true)))
    const less = remove(remove(insert(written, entry('jit-c', true)), 'jit-b'), 'jit-c')
    expect(remove(remove(insert(less, entry('jit-d', true)), 'jit-a'), 'jit-d')).toBe(byKubectl(''))
  })

  test('that the user has set to ours himself stays as he set it: kubectl says that it is gone, and asks no other cluster', () => {
    const full = insert(USUAL, entry('jit-a')).replace('current-context: one', 'current-context: jit-a')
    expect(remove(full, 'jit-a')).toBe(USUAL.replace('current-context: one', 'current-context: jit-a'))
  })
})

describe('what another program writes beside us', () => {
  const mine = (text: string): string => text.replace('name: me\n', 'name: me2\n')
  const graft = (theirs: string, current: string): string => kubeconfig.graft(file(theirs), file(current)).toString()

  test.each([[false], [true]])('keeps its change and our entries (as default: %s)', (asDefault) => {
    const current = insert(USUAL, entry('jit-a', asDefault), entry('jit-b', asDefault))
    expect(graft(mine(USUAL), current)).toBe(insert(mine(USUAL), entry('jit-a', asDefault), entry('jit-b', asDefault)))
    expect(graft(current, current)).toBe(current)
  })

  test('does not bring back what is wiped', () => {
    expect(graft(mine(insert(USUAL, entry('jit-a', true))), USUAL)).toBe(mine(USUAL))
  })

  test('chooses the current context', () => {
    const chosen = USUAL.replace('current-context: one', 'current-context: two')
    expect(graft(chosen, insert(USUAL, entry('jit-a', true)))).toBe(insert(chosen, entry('jit-a')))
  })

  test('stays as it is where it cannot be parsed', () => {
    expect(graft('\t- [', insert(USUAL, entry('jit-a')))).toBe('\t- [')
  })
})

test('a kubeconfig of ours never holds a secret, and one that does is seen', () => {
  const token = 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln'
  expect(kubeconfig.holdsSecret(file(insert(USUAL, entry('jit-a'))), (text) => text === token)).toBe(false)
  expect(kubeconfig.holdsSecret(file(`${USUAL}# {"token":"${token}"}\n`), (text) => text === token)).toBe(true)
})
