import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type KubernetesSimulator, startKubernetesSimulator } from '../simulators/kubernetes/simulator.ts'
import { hasOpenssl, makeCertificate } from '../support/certificate.ts'
import { type Claims, type Issuer, startIssuer } from '../support/issuer.ts'
import { grantClaims, kubernetesCluster, USER } from '../support/kubernetes-cluster.ts'
import { type ClientRun, installed, runClient } from '../support/real-client.ts'
import { TempHome } from '../support/temp-home.ts'

/** The vendor's own program takes the simulator for a cluster. */
describe.skipIf(!hasOpenssl || !installed('kubectl'))('the real kubectl against the Kubernetes simulator', () => {
  let home: TempHome
  let issuer: Issuer
  let cluster: KubernetesSimulator
  let ca: string

  beforeEach(async () => {
    home = new TempHome()
    issuer = await startIssuer()
    const { ca: file, key, cert } = makeCertificate(home.root, '127.0.0.1')
    ca = file
    cluster = await startKubernetesSimulator(kubernetesCluster(issuer.url, { key, cert }))
  })
  afterEach(async () => {
    await Promise.all([cluster.close(), issuer.close()])
    home[Symbol.dispose]()
  })

  const tokenOf = (changes: Claims = {}): Promise<string> =>
    issuer.sign(grantClaims(issuer.url, cluster.clock.now(), changes))
  const path = (name: string): string => join(home.root, name)

  function writeKubeconfig(user: object): void {
    const context = { cluster: 'prod', user: 'jit', namespace: 'prod' }
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'prod', cluster: { server: cluster.url, 'certificate-authority': ca } }],
      users: [{ name: 'jit', user }],
      contexts: [{ name: 'jit-prod', context }],
      'current-context': 'jit-prod',
    }
    writeFileSync(path('kubeconfig'), stringify(config), { mode: 0o600 })
  }

  /** An exec plugin that hands out what lies in `token` and writes down each call. */
  async function writePlugin(): Promise<void> {
    const answer = '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}'
    const script = `#!/bin/sh\necho called >> ${path('calls')}\nprintf '${answer}' "$(cat ${path('token')})"\n`
    writeFileSync(path('plugin'), script)
    chmodSync(path('plugin'), 0o700)
    writeFileSync(path('token'), await tokenOf(), { mode: 0o600 })
    writeKubeconfig({
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: path('plugin'),
        interactiveMode: 'Never',
      },
    })
  }

  const kubectl = (...args: readonly string[]): Promise<ClientRun> =>
    runClient('kubectl', args, { HOME: home.home, KUBECONFIG: path('kubeconfig') })
  const podNames = async (): Promise<string> => (await kubectl('get', 'pods', '--output', 'name')).stdout

  test('with a bearer token lists pods, knows who it is, and sees the version', async () => {
    writeKubeconfig({ token: await tokenOf() })
    const table = await kubectl('get', 'pods')
    expect(table).toMatchObject({ code: 0, stderr: '' })
    expect(table.stdout).toMatch(
      /^NAME +READY +STATUS +RESTARTS +AGE\nledger-7d9f +1\/1 +Running +0 +\d+d\nledger-8c1a /,
    )
    expect(await podNames()).toBe('pod/ledger-7d9f\npod/ledger-8c1a\n')

    const whoami = JSON.parse((await kubectl('auth', 'whoami', '--output', 'json')).stdout)
    expect(whoami.status.userInfo).toEqual({
      username: `jit:${USER}`,
      groups: ['jit:prod-viewers', 'system:authenticated'],
      extra: { 'jit.corp.example/grant': ['g_1'] },
    })
    expect((await kubectl('version')).stdout).toContain('Server Version: v1.32.4')
    expect((await kubectl('auth', 'can-i', 'list', 'pods')).stdout).toBe('yes\n')
    expect(await kubectl('auth', 'can-i', 'delete', 'pods')).toMatchObject({ code: 1, stdout: 'no\n' })
  })

  test('is told what it may not, in the words of an API server', async () => {
    writeKubeconfig({ token: await tokenOf() })
    expect(await kubectl('get', 'secrets')).toMatchObject({
      code: 1,
      stderr: `Error from server (Forbidden): secrets is forbidden: User "jit:${USER}" cannot list resource "secrets" in API group "" in the namespace "prod"\n`,
    })
    expect((await kubectl('get', 'pods', '--namespace', 'default')).stderr).toContain('in the namespace "default"')
    expect((await kubectl('delete', 'pod', 'ledger-7d9f')).stderr).toContain('cannot delete resource "pods"')
  })

  test('is logged out when its bearer token has ended', async () => {
    writeKubeconfig({ token: await tokenOf() })
    expect(await podNames()).not.toBe('')
    cluster.clock.advance(311)
    const late = await kubectl('get', 'pods')
    expect(late.code).toBe(1)
    expect(late.stderr).toContain('You must be logged in to the server (')
    expect(cluster.requests.at(-1)?.outcome).toBe('oidc: token is expired')
  })

  test('with an exec plugin gets in, and asks it again after a 401', async () => {
    await writePlugin()
    expect(await podNames()).toBe('pod/ledger-7d9f\npod/ledger-8c1a\n')
    expect(home.text(path('calls'))).toBe('called\n')

    cluster.clock.advance(311)
    const late = await kubectl('get', 'pods')
    expect(late.code).toBe(1)
    expect(late.stderr).toContain('You must be logged in to the server (')
    expect(home.text(path('calls'))?.split('\n').length).toBeGreaterThan(3)

    writeFileSync(path('token'), await tokenOf())
    expect(await podNames()).toBe('pod/ledger-7d9f\npod/ledger-8c1a\n')
  })

  test('waits as long as it is told when it is throttled, then goes on', async () => {
    writeKubeconfig({ token: await tokenOf() })
    await podNames() // discovery is remembered from here on
    cluster.throttle(1, 1)
    expect(await podNames()).not.toBe('')
    expect(cluster.requests.filter(({ status }) => status === 429)).toHaveLength(1)
  })
})
