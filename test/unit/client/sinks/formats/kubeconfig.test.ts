import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { kubeconfig } from '../../../../../src/client/sinks/formats/kubeconfig.ts'
import type { NewEntry } from '../../../../../src/client/sinks/formats/types.ts'
import { kubeconfigText } from '../../../../support/kubeconfig-text.ts'

const content = (asDefault = false): string =>
  JSON.stringify({
    cluster: { server: 'https://k.example:6443', 'certificate-authority-data': 'QUJD' },
    context: { cluster: 'jit-a', user: 'jit-a', namespace: 'on' },
    user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/usr/bin/node', args: ['x: y'] } },
    asDefault,
  })

const entry = (profile: string, asDefault = false): NewEntry => ({
  lease: `g_${profile}`,
  profile,
  expiresAt: 1_795_000_000,
  content: content(asDefault).replaceAll('jit-a', profile),
})

const file = (text: string): Buffer => Buffer.from(text)
const insert = (text: string, ...entries: readonly NewEntry[]): string =>
  entries.reduce((bytes, each) => kubeconfig.insert(bytes, each), file(text)).toString()
const remove = (text: string, ...profiles: readonly string[]): string =>
  kubeconfig.remove(file(text), ({ profile }) => profiles.includes(profile ?? '')).toString()
const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'done'
  } catch (error) {
    return String(Object(error).code ?? error)
  }
}
const check = (text: string | Buffer, profile = 'jit-a'): string =>
  codeOf(() => kubeconfig.check('/home/u/.kube/config', Buffer.from(text), { profile, asDefault: false }))

const USUAL = `apiVersion: v1
clusters:
- cluster:
    server: https://one.example
  name: one
contexts:
- context:
    cluster: one
    user: me
  name: one
current-context: one
kind: Config
preferences: {}
users:
- name: me
  user:
    token: abc
`

/** What `kubectl config …` makes of a file (tried with 1.27 to 1.33): known members only, sorted, lists by name, no comments. */
function asKubectlWrites(text: string): string {
  const {
    clusters,
    contexts,
    users,
    'current-context': current,
  } = Object(parse(text.replace(/^\ufeff/, ''), { version: '1.1', uniqueKeys: false }))
  const list = (items: unknown): unknown => {
    const all: unknown[] = Array.isArray(items) ? items : []
    return all.length === 0 ? null : all.toSorted((a, b) => (Object(a).name < Object(b).name ? -1 : 1))
  }
  const whole = {
    apiVersion: 'v1',
    clusters: list(clusters),
    contexts: list(contexts),
    'current-context': current ?? '',
    kind: 'Config',
    preferences: {},
    users: list(users),
  }
  return stringify(whole, { version: '1.1', sortMapEntries: true, indentSeq: false, aliasDuplicateObjects: false })
}

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
