import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach } from 'vitest'
import type { UserCode } from '../../src/client/identity/device-flow.ts'
import { login, type LoginDeps } from '../../src/client/identity/login.ts'
import { loginStore } from '../../src/client/identity/store.ts'
import { nodeHttp } from '../../src/platform/http-node.ts'
import { memoryKeyStore } from '../../src/platform/keychain/memory.ts'
import { systemRandom } from '../../src/platform/random.ts'
import { approveInBrowser } from './browser-robot.ts'
import { startFakeEndpoint } from './fake-endpoint.ts'
import { type IdpOptions, startIdp } from './idp.ts'
import { instantClock } from './instant-clock.ts'

/** Gives a test file worlds of a real IdP, an endpoint, a person with a browser and an installation of jit; ends them after each test. */
export function loginWorlds() {
  const directory = mkdtempSync(join(tmpdir(), 'jit-login-'))
  afterAll(() => rmSync(directory, { recursive: true }))
  const open: { close(): Promise<void> }[] = []
  afterEach(async () => {
    for (const server of open.splice(0)) await server.close()
  })

  let made = 0
  async function world(options: {
    idp?: IdpOptions
    endpoint?: Partial<Parameters<typeof startFakeEndpoint>[0]>
    /** What the person does with a URL. */
    person?: (url: string) => Promise<unknown>
  }) {
    const idp = await startIdp({ deviceInterval: 1, ...options.idp })
    const endpoint = await startFakeEndpoint({
      idp: { issuer: idp.issuer, clients: idp.clients, scopes: idp.scopes },
      ...options.endpoint,
    })
    open.push(idp, endpoint)
    const keyStore = memoryKeyStore()
    const stateDirectory = join(directory, String(made++))
    const store = loginStore({ stateDirectory, keyStore, random: systemRandom })
    const person = options.person ?? ((url) => approveInBrowser(url, 'alice'))
    let acted: Promise<unknown> = Promise.resolve()
    const deps: LoginDeps = {
      http: nodeHttp,
      // A poll waits until the person is done.
      clock: instantClock(Date.now(), async () => void (await acted)),
      random: systemRandom,
      env: { DISPLAY: ':0' },
      platform: 'linux',
      store,
      withLock: (_name, work) => work(),
      launch: async (_program, args) => {
        acted = person(args.at(-1) ?? '')
        return true
      },
    }
    const codes: UserCode[] = []
    const urls: string[] = []
    const run = (
      flow: 'auto' | 'browser' | 'device',
      more: { env?: object; url?: string; signal?: AbortSignal } = {},
    ) =>
      login(
        { ...deps, ...(more.env && { env: { ...more.env } }) },
        {
          endpointUrl: more.url ?? endpoint.url,
          flow,
          signal: more.signal ?? new AbortController().signal,
          onUserCode: (code) => {
            codes.push(code)
            acted = person(code.completeUrl ?? '')
          },
          onBrowserUrl: (url, opened) => urls.push(`${opened} ${url}`),
        },
      )
    return { idp, endpoint, store, stateDirectory, deps, run, codes, urls, keyStore }
  }

  return { world, directory }
}

/** A browser flow waits in real time for the redirect: the instant clock must not end it. */
export const patient = (deps: LoginDeps): LoginDeps => ({
  ...deps,
  clock: {
    ...deps.clock,
    sleep: (_ms, signal) => new Promise((done) => signal?.addEventListener('abort', () => done())),
  },
})
