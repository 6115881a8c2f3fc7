import { generateKeyPair, type GenerateKeyPairResult, type JWK, type JWTPayload } from 'jose'
import type { BoundIds } from '../../src/server/auth/types.ts'
import { idTokenVerifier } from '../../src/server/auth/id-token.ts'
import { loginByIssuer } from '../../src/server/auth/login.ts'
import { seenInMemory } from '../../src/server/auth/seen-in-memory.ts'
import { loadConfig } from '../../src/server/config/load.ts'
import { PRESET_NAMES, type PresetName } from '../../src/server/config/workload-presets.ts'
import type { Http } from '../../src/platform/http.ts'
import { type IdTokenIssuer, idTokenIssuer } from './id-token-issuer.ts'
import { manualClock } from './manual-clock.ts'
import { ALL_WORKLOADS, PROVIDERS } from './workload-tokens.ts'

export const AUDIENCE = 'https://jit.corp.example/ci'
const HEAD = `endpoint: https://jit.corp.example
store: { kind: sqlite, path: state.sqlite }
idp: { issuer: https://idp.corp.example, clients: { browser: jit-browser, device: jit-device } }
policy: [policy.cedar]
targets: []
`

/** Loads a configuration with these workloads through the real reader. */
export const loadWorkloads = (workloads: string, files: Readonly<Record<string, string>> = {}) =>
  loadConfig({
    path: '/etc/jit/c.yaml',
    env: {},
    readText: (path) => {
      const text = path === '/etc/jit/c.yaml' ? HEAD + workloads : files[path]
      if (text === undefined) throw new Error('no such file')
      return text
    },
  })

/** RSA keys take long to make, so each issuer has the same ones in all worlds of a test file. */
const PAIRS = new Map<string, Promise<GenerateKeyPairResult>>()
function pairOf(issuer: string, alg: string): Promise<GenerateKeyPairResult> {
  const pair = PAIRS.get(issuer) ?? generateKeyPair(alg, { extractable: true })
  PAIRS.set(issuer, pair)
  return pair
}

export type Change = JWTPayload
export type Header = Readonly<Record<string, unknown>>

/** Which keys tokens were used with, as the store remembers it. */
export function boundInMemory(now: () => number): BoundIds {
  const first = new Map<string, { readonly jkt: string; readonly until: number }>()
  return {
    bind: async (id, jkt, until) => {
      const known = first.get(id)
      if (known === undefined || known.until <= now()) first.set(id, { jkt, until })
      return first.get(id)?.jkt === jkt
    },
  }
}

/** Every provider with keys of its own, the company's IdP, and the login of an endpoint that knows them all. */
export async function workloadWorld(workloads = ALL_WORKLOADS) {
  const clock = manualClock()
  const now = (): number => Math.floor(clock.now() / 1000)
  const idp = await idTokenIssuer(
    'https://idp.corp.example',
    'RS256',
    await pairOf('https://idp.corp.example', 'RS256'),
  )
  const issuers = new Map<PresetName, IdTokenIssuer>()
  for (const name of PRESET_NAMES) issuers.set(name, await idTokenIssuer(PROVIDERS[name].issuer, PROVIDERS[name].alg))
  const issuerOf = (name: PresetName): IdTokenIssuer => {
    const found = issuers.get(name)
    if (found === undefined) throw new Error(`no issuer ${name}`)
    return found
  }

  /** As a bundle is: keys for certificates among those for tokens, and `x5c` that nobody should look at. */
  const bundle = JSON.stringify({
    spiffe_sequence: 1,
    keys: [
      { ...(await issuerOf('spiffe').jwk()), use: 'jwt-svid', alg: undefined, x5c: ['MIIB'] },
      { ...(await idp.jwk()), use: 'x509-svid', kid: 'ca', x5c: ['MIIB'] },
    ],
  })
  const reads: string[] = []
  const http: Http = async (request) => {
    reads.push(request.url)
    if (request.url === 'https://spire.corp.example/bundle.json')
      return { status: 200, headers: new Headers(), text: bundle }
    const owner = [idp, ...issuers.values()].find(({ owns }) => owns(request.url))
    if (owner === undefined) throw new Error(`nobody may read ${request.url}`)
    return owner.http(request)
  }
  const cluster: { readonly keys: readonly JWK[] } = { keys: [await issuerOf('kubernetes').jwk()] }
  const { config } = await loadWorkloads(workloads, { '/etc/jit/cluster.json': JSON.stringify(cluster) })
  const login = loginByIssuer({
    config,
    verifyIdToken: idTokenVerifier({ idp: config.idp, http, clock, seen: seenInMemory(clock) }),
    used: boundInMemory(() => clock.now()),
    http,
    clock,
  })
  const claims = (name: PresetName, change: Change = {}): JWTPayload => ({
    ...PROVIDERS[name].claims(AUDIENCE, now()),
    ...change,
  })
  const token = (name: PresetName, change?: Change, header: Header = { typ: 'JWT' }): Promise<string> =>
    issuerOf(name).sign(claims(name, change), header)
  return {
    clock,
    now,
    idp,
    reads,
    config,
    issuerOf,
    claims,
    token,
    login,
    loginWith: async (name: PresetName, change?: Change, header?: Header, jkt = 'key-of-the-job') =>
      login(await token(name, change, header), jkt),
  }
}
