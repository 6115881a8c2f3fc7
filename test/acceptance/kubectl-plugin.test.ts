import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createLeasing } from '../../src/client/leasing.ts'
import { kubernetesFiles } from '../../src/client/sinks/clouds/kubernetes-files.ts'
import { kubernetesIsolated } from '../../src/client/sinks/clouds/kubernetes-isolated.ts'
import { kubernetesProcess } from '../../src/client/sinks/clouds/kubernetes-process.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { chooseKeyStore } from '../../src/platform/keychain/choose.ts'
import { machineId } from '../../src/platform/machine.ts'
import { newLease } from '../support/aws-lease.ts'
import { hasOpenssl, makeCertificate } from '../support/certificate.ts'
import { hasKubectl, kubectlIn } from '../support/kubectl.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { KUBERNETES_TOKEN as OLD, kubernetesDelivery } from '../support/kubernetes-delivery.ts'
import { leasingDeps } from '../support/leasing-deps.ts'
import { TempHome } from '../support/temp-home.ts'

const JIT = join(import.meta.dirname, '../../bin/jit.js')
const USUAL = '# mine\nclusters: [] # none yet\n'
const NEW = 'new.new.new'
const SINKS = { files: kubernetesFiles, process: kubernetesProcess, isolated: kubernetesIsolated } as const

/** A grant delivered by the engine, a TLS API server, and kubectl with the built jit between the two. */
async function cluster(mode: keyof typeof SINKS = 'files') {
  const home = new TempHome()
  const { key, cert, ca } = makeCertificate(home.root, '127.0.0.1')
  let onRefusal = (): void => undefined
  const api = await startKubernetesApi({ key, cert }, () => onRefusal())
  const config = join(home.home, '.kube/config')
  home.put(USUAL, 0o600, config)
  const { stateDir } = home
  const deps = leasingDeps({
    home: home.home,
    stateDir,
    clock: systemClock,
    machine: machineId(),
    sinks: (given) => [SINKS[mode]({ ...given, program: [process.execPath, JIT] })],
  })
  const passphrase = { JIT_PASSPHRASE_FILE: join(home.root, 'passphrase') }
  home.put('correct horse battery staple\n', 0o600, passphrase.JIT_PASSPHRASE_FILE)
  const keyStore = chooseKeyStore('passphrase-file', { platform: 'linux', env: passphrase, stateDirectory: stateDir })
  const leasing = createLeasing({ ...deps, keyStore: async () => keyStore })
  const delivery = kubernetesDelivery('jit-prod')
  const credential = { ...delivery.credential, server: api.url, certificateAuthority: readFileSync(ca, 'utf8') }
  await leasing.write({ ...newLease(systemClock, 'g_1', 'prod'), deliver: mode }, [{ ...delivery, credential }])
  const places = leasing.list().flatMap((lease) => lease.places)
  const pathOf = (name: string): string => places.find(({ path }) => basename(path) === name)?.path ?? ''
  const env = { JIT_STATE_DIR: stateDir, JIT_KEY_STORE: 'passphrase-file', ...passphrase }
  return {
    api,
    home,
    config,
    leasing,
    kubectl: kubectlIn(home.home, { ...env, ...(mode === 'isolated' ? { KUBECONFIG: pathOf('kubeconfig') } : {}) }),
    /** What a renewal does. */
    put: (token: string): void => {
      const path = pathOf('kubernetes-token.json')
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), token }))
    },
    onRefusal: (then: () => void) => void (onRefusal = then),
    async [Symbol.asyncDispose]() {
      await api.close()
      home[Symbol.dispose]()
    },
  }
}

describe.skipIf(!hasKubectl || !hasOpenssl)('kubectl asks jit for its token', () => {
  test.each(['files', 'process'] as const)(
    'and reaches the cluster with it, until the wipe leaves the file as it was (%s)',
    async (mode) => {
      await using at = await cluster(mode)
      at.api.accept(OLD)
      const get = () => at.kubectl('--context', 'jit-prod', 'get', 'pods', '-o', 'name')
      expect(await get()).toEqual({ code: 0, stdout: 'pod/ledger-0\n', stderr: '' })
      expect(new Set(at.api.seen)).toEqual(new Set([OLD]))
      expect(at.home.filesHolding(OLD)).toHaveLength(mode === 'process' ? 0 : 1)
      expect(await at.leasing.wipe(['g_1'], 'revoked')).toMatchObject([{ wiped: true }])
      expect(readFileSync(at.config, 'utf8')).toBe(USUAL)
      expect(await get()).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('context was not found for specified context: jit-prod'),
      })
      expect(at.home.filesHolding(OLD)).toEqual([])
    },
  )

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
    await using at = await cluster('isolated')
    at.api.accept(OLD)
    expect(await at.kubectl('get', 'pods', '-o', 'name')).toMatchObject({ code: 0, stdout: 'pod/ledger-0\n' })
    expect(readFileSync(at.config, 'utf8')).toBe(USUAL)
  })

  test('and is told what to type once the lease is over, where a copy of the context is left', async () => {
    await using at = await cluster()
    at.api.accept(OLD)
    const copy = readFileSync(at.config)
    await at.leasing.wipe(['g_1'], 'ttl')
    writeFileSync(at.config, copy)
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
