import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate, setTimeout as pause } from 'node:timers/promises'
import { JitError } from '../../src/base/errors.ts'
import { approvalApi } from '../../src/client/approval/client.ts'
import { type ChannelDeps, holdChannel } from '../../src/client/channel.ts'
import { dpopProof, newDpopKey, thumbprint } from '../../src/client/identity/dpop.ts'
import type { Leasing } from '../../src/client/leasing.ts'
import type { NewLease } from '../../src/client/leases/types.ts'
import { type GrantNotes, grantNotesIn } from '../../src/client/grant-notes.ts'
import { nodeFileSystem } from '../../src/platform/files.ts'
import type { Http } from '../../src/platform/http.ts'
import { nodeHttp } from '../../src/platform/http-node.ts'
import { awsDelivery, leasingIn, newLease } from './aws-lease.ts'
import { startServer } from './http-server.ts'
import { type ManualClock, manualClock } from './manual-clock.ts'
import { TempHome } from './temp-home.ts'

/** Time limits of real calls, so much shorter. */
const HURRY = 100

export type ChannelMachine = {
  readonly endpoint: string
  readonly leasing: Leasing
  readonly notes: GrantNotes
  readonly clock: ManualClock
  /** HTTP calls so far. */
  readonly calls: () => number
  /** Connections opened so far: each asks the keychain. */
  readonly connections: () => number
  readonly write: (id: string, more?: Partial<NewLease>) => Promise<unknown>
  /** Grants whose credentials lie here. */
  readonly held: () => readonly string[]
  readonly tick: () => void
  /** Lets time pass in seconds, with a tick in each and time for every call to end. */
  readonly pass: (seconds: number) => Promise<void>
  /** Until no call is under way. */
  readonly quiet: () => Promise<void>
  readonly stop: () => void
}

/** A machine with real leases and a real channel to a server on loopback; its clock is the test's. */
export async function channelMachine(
  listener: (request: IncomingMessage, response: ServerResponse) => unknown,
  more: Partial<Pick<ChannelDeps, 'loginStamp'>> & {
    readonly login?: () => void
    readonly ready?: () => void
    readonly endpoint?: string
    /** Who is logged in now; `alice` where absent. */
    readonly holder?: () => string
    /** At which endpoint; this machine's where absent. */
    readonly loginAt?: () => string | undefined
  } = {},
) {
  const server = await startServer((request, response) => void listener(request, response))
  const home = new TempHome('memory')
  const clock = manualClock()
  const stop = new AbortController()
  // what a write waits for passes at once; what the channel waits for, the test lets pass
  const leasing = leasingIn(home, { ...clock, sleep: async (ms) => clock.advance(ms) })
  const notes = grantNotesIn(nodeFileSystem, `${home.stateDir}/m1`)
  const endpoint = more.endpoint ?? server.url
  let [calls, connections] = [0, 0]
  const underWay = new Set<object>()
  const http: Http = async (request) => {
    calls++
    underWay.add(request)
    return nodeHttp({ ...request, timeoutMs: request.timeoutMs / HURRY }).finally(() => underWay.delete(request))
  }
  const connect: ChannelDeps['connect'] = async () => {
    connections++
    more.login?.()
    const key = newDpopKey()
    const identity = {
      endpoint: server.url,
      me: {
        person: { issuer: 'https://idp', subject: 'alice', name: 'Alice' },
        groups: [],
        flow: 'browser' as const,
      },
      jkt: thumbprint(key),
      accessToken: async () => 'token',
      proof: async (call: { readonly method: string; readonly url: string }) =>
        dpopProof(key, { ...call, issuedAt: 0, id: 'id' }),
    }
    const api = approvalApi({ identity, http, clock: { ...clock, now: () => Date.now() }, platform: 'linux' })
    return {
      login: () => ({ endpoint: more.loginAt?.() ?? server.url, holder: more.holder?.() ?? 'alice' }),
      api,
      ready: async () => more.ready?.(),
    }
  }
  const loginStamp = more.loginStamp ?? (() => 'login-1')
  const random = { bytes: (length: number) => Buffer.alloc(length, 0) } // the shortest pauses that there are
  const channel = holdChannel({ leasing, notes, connect, loginStamp, clock, random, signal: stop.signal })
  const quiet = async (): Promise<void> => {
    do {
      if (underWay.size > 0) await pause(1)
      for (let i = 0; i < 5; i++) await setImmediate()
    } while (underWay.size > 0)
  }
  const machine: ChannelMachine = {
    endpoint,
    leasing,
    notes,
    clock,
    calls: () => calls,
    connections: () => connections,
    write: (id, lease = {}) =>
      leasing.write({ ...newLease(clock, id, `t-${id}`), endpoint, ...lease }, awsDelivery(`jit-t-${id}`, id)),
    held: () =>
      leasing
        .list()
        .map(({ id }) => id)
        .filter((id) => home.text()?.includes(`jit-t-${id}`) === true),
    tick: () => channel.tick(leasing.list()),
    pass: async (seconds) => {
      for (let i = 0; i < seconds; i++) {
        clock.advance(1000)
        channel.tick(leasing.list())
        await quiet()
      }
    },
    quiet,
    stop: () => stop.abort(),
  }
  return {
    ...machine,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await server.close()
      home[Symbol.dispose]()
    },
  }
}

/** What a machine hears that nobody is logged in on. */
export const notLoggedIn = (): never => {
  throw new JitError('LOGIN_NEEDED', 'You are not logged in.', 'Type: jit login')
}
