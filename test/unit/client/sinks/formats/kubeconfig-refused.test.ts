import { describe, expect, test } from 'vitest'
import { kubeconfig } from '../../../../../src/client/sinks/formats/kubeconfig.ts'
import { codeOf, entry, file, insert, remove, USUAL } from '../../../../support/kubeconfig-entries.ts'

const check = (text: string | Buffer, profile = 'jit-a'): string =>
  codeOf(() => kubeconfig.check('/home/u/.kube/config', Buffer.from(text), { profile, asDefault: false }))

const base = 'apiVersion: v1\nkind: Config\n'
/** Ten lists of ten of ten … : a thousand million items. */
const BOMB = Array.from({ length: 9 }).reduce<string>(
  (text, _each, level) => `${text}x${level}: &a${level + 1} [${Array(10).fill(`*a${level}`).join(', ')}]\n`,
  'x: &a0 [x]\n',
)
const cluster = '- name: a\n  cluster: {server: "https://a"}\n'

describe('a file is refused, before anybody is asked', () => {
  // Each tried with kubectl 1.27, 1.32 and 1.33, `kubectl config view`.
  test.each([
    ['two of one name', `${base}clusters:\n${cluster}${cluster}`],
    ['a tab as indentation', `${base}clusters:\n-\tname: a\n`],
    ['a number as a name', `${base}clusters:\n- name: 1\n  cluster: {}\n`],
    ['a boolean as a name', `${base}clusters:\n- name: yes\n  cluster: {}\n`],
    ['a mapping for a list', `${base}clusters: {a: b}\n`],
    ['a list of texts', `${base}clusters: [a]\n`],
    ['another kind', 'apiVersion: v1\nkind: Pod\n'],
    ['another version', 'apiVersion: v2\nkind: Config\n'],
    ['a list at the top', '- a\n'],
    ['a text at the top', 'foo\n'],
    ['YAML 1.2 by its own words', `%YAML 1.2\n---\n${base}`],
    ['a NUL', `${base}# \0\n`],
    ['invalid UTF-8', Buffer.from(`${base}# \xff\n`, 'latin1')],
    ['a number as the current context', `${base}current-context: 1\n`],
    ['numbers as arguments', `${base}users:\n- name: a\n  user: {exec: {args: [1]}}\n`],
    ['what is not base64', `${base}clusters:\n- name: a\n  cluster: {certificate-authority-data: "!!!"}\n`],
    ['a preference that is no mapping', `${base}preferences: x\n`],
    ['aliases of aliases', `${BOMB}clusters:\n- name: a\n  cluster: {x: *a9}\n`],
  ])('as unreadable to kubectl: %s', (_name, text) => {
    expect(check(text)).toBe('FILE_UNREADABLE')
  })

  test.each([
    ['several documents', `${base}---\n${base}`],
    ['UTF-16', Buffer.from(`\ufeff${base}`, 'utf16le')],
    ['lone carriage returns', base.replaceAll('\n', '\r')],
    ['a list that is an alias', `${base}x: &a []\nclusters: *a\n`],
    ['a tagged null', `${base}clusters: !!null null\n`],
    ['an anchored current context', `${base}current-context: &a one\n`],
    ['a list that starts beside its key', `${base}? clusters\n: - name: a\n    cluster: {}\n`],
    ['a bracket that closes at the margin', `${base}clusters: [\n{name: a}\n]\n`],
    ['a last line that is only a marker', '---'],
  ])('as none that jit could give back: %s', (_name, text) => {
    expect(codeOf(() => kubeconfig.check('/k', Buffer.from(text), { profile: 'jit-a', asDefault: true }))).toBe(
      'FILE_REFUSED',
    )
  })

  test.each([
    ['duplicate keys, of which the last counts', `${base}clusters: []\nclusters:\n${cluster}`],
    ['a tab after a colon', `${base}clusters:\n- name:\ta\n`],
    ['unknown members', `${base}foo: 1\n`],
    [
      'anchors and merges',
      `${base}clusters:\n- name: a\n  cluster: &y {server: x}\n- name: b\n  cluster:\n    <<: *y\n`,
    ],
    ['tags', `${base}clusters: !foo\n- name: !!str 1\n`],
    ['times and sexagesimals as names', `${base}clusters:\n- name: 12:30:00\n- name: 2020-01-01\n`],
    ['names that are not there', `${base}clusters: [null]\n`],
  ])('but not: %s', (_name, text) => {
    expect(check(text)).toBe('done')
    expect(remove(insert(text, entry('jit-a', true)), 'jit-a')).toBe(text)
  })

  test.each([
    ['cluster', `${base}clusters:\n- name: jit-a\n  cluster: {}\n`],
    ['context', `${base}contexts: [{"name": "jit-a", "context": {"cluster": "x"}}]`],
    ['user', `${base}users:\n- user: {token: x}\n  name: 'jit-a'\n`],
  ])("a %s of the same name is the user's", (what, text) => {
    expect(() => kubeconfig.check('/k', file(text), { profile: 'jit-a', asDefault: false })).toThrow(
      expect.objectContaining({
        code: 'PROFILE_TAKEN',
        message: `There already is a ${what} called jit-a in /k, and it is not jit's.`,
      }),
    )
    expect(check(text, 'jit-b')).toBe('done')
  })

  test('an entry of ours is no obstacle', () => {
    expect(check(insert(USUAL, entry('jit-a')))).toBe('done')
  })
})

test('a file that grows by its aliases is searched like any other that cannot be read', () => {
  const lost = 'users: [{name: a, user: {exec: {env: [{name: JIT_LEASE, value: g_1 5}]}}}]'
  const bytes = Buffer.from(`${BOMB}clusters:\n- name: a\n  cluster: {x: *a9}\n${lost}\n`)
  expect(kubeconfig.find(bytes)).toMatchObject([{ lease: 'g_1', expiresAt: 5 }])
})
