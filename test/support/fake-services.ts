import type { Grant } from '../../src/contract/grant.ts'
import type { AccessRequest } from '../../src/contract/request.ts'
import type { Stop } from '../../src/contract/stop.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { systemRandom } from '../../src/platform/random.ts'
import type { Approvals, Caller } from '../../src/server/approvals/types.ts'
import type { Login } from '../../src/server/auth/types.ts'
import { makeAuthentication } from '../../src/server/auth/authentication.ts'
import { makeNonces } from '../../src/server/auth/nonces.ts'
import { seenInMemory } from '../../src/server/auth/seen-in-memory.ts'
import { makeLog } from '../../src/server/http/log.ts'
import type { Services } from '../../src/server/http/types.ts'
import { Refusal } from '../../src/server/refusal.ts'
import { awsName } from '../../src/server/tokens/aws-name.ts'
import { ensureKeys } from '../../src/server/tokens/key-ring.ts'
import { makeTokens } from '../../src/server/tokens/tokens.ts'
import { memoryKeys } from './memory-keys.ts'

export const ENDPOINT = 'https://jit.test'
export const alice: Login = {
  person: { issuer: 'https://idp.test', subject: 'alice', name: 'Alice', email: 'alice@corp.example' },
  groups: ['dev'],
  flow: 'browser',
  amr: ['mfa'],
}

export const aRequest: AccessRequest = {
  id: 'r_00000000000000000000000001',
  state: 'pending',
  targets: ['prod-db'],
  durationSeconds: 3600,
  reason: 'slow query',
  requester: alice.person,
  origin: { host: 'laptop', address: '127.0.0.1', flow: 'browser' },
  fingerprint: 'four words in here',
  createdAt: '2026-11-21T12:00:00Z',
  expiresAt: '2026-11-21T13:00:00Z',
  needs: [],
  grants: [],
}
export const aGrant: Grant = {
  id: 'g_00000000000000000000000001',
  requestId: aRequest.id,
  target: 'prod-db',
  state: 'active',
  startsAt: '2026-11-21T12:00:00Z',
  endsAt: '2026-11-21T13:00:00Z',
}

export const aStop: Stop = {
  id: 's_00000000000000000000000001',
  scope: 'target',
  value: 'prod-db',
  reason: 'incident 42',
  by: alice.person,
  at: '2026-11-21T12:00:00Z',
}

export type Heard = { readonly call: string; readonly caller: Caller; readonly args: readonly unknown[] }

/** Answers with one request and one grant, and tells what it heard. `wait` lasts until its signal fires. */
function fakeApprovals(heard: Heard[]): Approvals {
  const answer =
    <T>(call: string, value: T) =>
    async (caller: Caller, ...args: readonly unknown[]): Promise<T> => {
      heard.push({ call, caller, args })
      return value
    }
  return {
    explain: answer('explain', {
      targets: [{ target: 'prod-db', approval: { kind: 'automatic' }, maxDurationSeconds: 60, policies: ['p1'] }],
    }),
    ask: answer('ask', aRequest),
    get: async (caller, id) => {
      if (id !== aRequest.id) throw new Refusal('not_found', `There is no request ${id}.`, 'See: jit requests')
      return answer('get', aRequest)(caller, id)
    },
    wait: (caller, id, waitMs, signal) =>
      new Promise((resolve) => {
        heard.push({ call: 'wait', caller, args: [id, waitMs] })
        signal.addEventListener('abort', () => resolve(aRequest))
        if (signal.aborted) resolve(aRequest)
      }),
    list: answer('list', [aRequest]),
    approve: answer('approve', aRequest),
    deny: answer('deny', aRequest),
    cancel: answer('cancel', aRequest),
    issue: answer('issue', { grant: aGrant, holder: alice.person, leaf: 1, nowMs: 0 }),
    end: answer('end', { ...aGrant, state: 'ended', endReason: 'revoked' }),
    channel: (caller, call, signal) =>
      new Promise((resolve) => {
        heard.push({ call: 'channel', caller, args: [call] })
        const ended = call.grants
          .filter((id) => id !== aGrant.id)
          .map((grant) => ({ grant, reason: 'revoked' as const }))
        if (ended.length > 0 || call.waitSeconds === 0 || signal.aborted) resolve({ ended })
        signal.addEventListener('abort', () => resolve({ ended }))
      }),
    receive: answer('receive', undefined),
    throwStop: answer('throwStop', { stop: aStop, endedGrants: 2, cancelledRequests: 1 }),
    listStops: answer('listStops', [aStop]),
    liftStop: answer('liftStop', { ...aStop, liftedAt: '2026-11-21T13:00:00Z' }),
  }
}

export type FakeOptions = {
  readonly services?: Partial<Services>
  readonly verifyIdToken?: (idToken: string) => Promise<Login>
}

/** RSA keys take long to make; these tests are not about them. */
const someKeys = (async () => {
  const keys = memoryKeys()
  await ensureKeys(keys, systemClock)
  return keys.list()
})()

/** Real authentication, tokens and keys; approvals, policy, exchange and the IdP are fakes. */
export async function fakeServices({ services = {}, verifyIdToken = async () => alice }: FakeOptions = {}) {
  const heard: Heard[] = []
  const logged: string[] = []
  const stop = new AbortController()
  const [clock, random, keys] = [services.clock ?? systemClock, systemRandom, memoryKeys(await someKeys)]
  const tokens = makeTokens({ issuer: ENDPOINT, keys, clock, random, awsName })
  const nonces = makeNonces(clock, random)
  const proofs = seenInMemory(clock)
  const made: Services = {
    config: {
      endpoint: ENDPOINT,
      idp: {
        issuer: 'https://idp.test',
        clients: { browser: 'jit-browser', device: 'jit-device' },
        scopes: ['openid'],
        groupsClaim: 'groups',
      },
      session: { accessTokenSeconds: 600 },
      trustedProxies: [],
      targets: [
        {
          name: 'prod-db',
          maxDurationSeconds: 7200,
          labels: [],
          renewEverySeconds: 3600,
          aws: {
            roleArn: 'arn:aws:iam::111122223333:role/jit',
            account: '111122223333',
            region: 'eu-central-1',
            profile: 'jit-prod-db',
            maxSessionSeconds: 3600,
          },
        },
        { name: 'hidden', maxDurationSeconds: 60, labels: [], renewEverySeconds: 3600 },
      ],
    },
    authentication: makeAuthentication({ endpoint: ENDPOINT, tokens, verifyIdToken, nonces, proofs, clock }),
    tokens,
    approvals: fakeApprovals(heard),
    policy: {
      judge: (_caller, { name }) => ({
        approval: name === 'hidden' ? { kind: 'refused', why: 'no' } : { kind: 'automatic' },
        maxDurationSeconds: 3600,
        policies: ['p1'],
        ...(name === 'hidden' ? { hidden: true } : {}),
      }),
      mayApprove: () => ({ allowed: false, policies: [] }),
      mayAdminister: () => ({ allowed: false, policies: [], why: [] }),
      administrators: [],
      hash: 'h',
    },
    exchange: {
      exchange: async (issue) => ({
        grant: issue.grant,
        credentials: [{ cloud: 'aws', profile: 'jit-prod-db', jwe: 'eyJhbGciOiJFQ0RILUVTIn0..iv.text.tag' }],
      }),
    },
    log: makeLog({ write: (line) => void logged.push(line) }),
    clock,
    random,
    stopping: stop.signal,
    ...services,
  }
  return { services: made, heard, logged, stop, keys }
}
