import { expect, test } from 'vitest'
import { SINK_SUBJECTS } from '../../../support/sink-subjects.ts'
import { sinkWorld } from '../../../support/sink-world.ts'

/** As a program leaves it that drops extensions; jit installed under another name, and a target with a name of its own. */
const STRIPPED = `apiVersion: v1
kind: Config
clusters:
- name: prod
  cluster: {server: https://k8s.prod.corp.example}
contexts:
- name: prod
  context: {cluster: prod, user: prod}
users:
- name: prod
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: /opt/access/run
      args: [kube-credential, prod]
      env: [{name: JIT_LEASE, value: g_lost 100}]
`

test('a lost entry whose only mark is a variable is found and goes', async () => {
  const subject = SINK_SUBJECTS['kubernetes-files']
  if (subject === undefined) throw new Error('no such subject')
  using at = sinkWorld(subject)
  at.lay({ '.kube/config': STRIPPED })
  expect(await at.leasing.sweep()).toMatchObject([{ lease: 'g_lost', wiped: true }])
  expect(at.files.text(at.at('.kube/config'))).not.toContain('prod')
})
