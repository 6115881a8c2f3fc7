import { kubeconfig } from '../../src/client/sinks/formats/kubeconfig.ts'
import type { NewEntry } from '../../src/client/sinks/formats/types.ts'

/** As kubectl writes it. */
export const USUAL = `apiVersion: v1
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

const content = (asDefault = false): string =>
  JSON.stringify({
    cluster: { server: 'https://k.example:6443', 'certificate-authority-data': 'QUJD' },
    context: { cluster: 'jit-a', user: 'jit-a', namespace: 'on' },
    user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/usr/bin/node', args: ['x: y'] } },
    asDefault,
  })

export const entry = (profile: string, asDefault = false): NewEntry => ({
  lease: `g_${profile}`,
  profile,
  expiresAt: 1_795_000_000,
  content: content(asDefault).replaceAll('jit-a', profile),
})

export const file = (text: string): Buffer => Buffer.from(text)
export const insert = (text: string, ...entries: readonly NewEntry[]): string =>
  entries.reduce((bytes, each) => kubeconfig.insert(bytes, each), file(text)).toString()
export const remove = (text: string, ...profiles: readonly string[]): string =>
  kubeconfig.remove(file(text), ({ profile }) => profiles.includes(profile ?? '')).toString()
export const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'done'
  } catch (error) {
    return String(Object(error).code ?? error)
  }
}
