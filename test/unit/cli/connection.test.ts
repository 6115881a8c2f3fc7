import { expect, test } from 'vitest'
import { connectionOf } from '../../../src/cli/connection.ts'
import { elevationDeps } from '../../../src/cli/elevation-deps.ts'
import type { LoggedIn } from '../../../src/cli/logged-in.ts'
import { dana, eve, fakeApproval, request } from '../../support/fake-approval.ts'
import { ENDPOINT, memoryRecords } from '../../support/fake-context.ts'
import { fakeLeasing } from '../../support/fake-leasing.ts'
import { pendingRequests } from '../../../src/client/pending.ts'

/** A login in whose place another one is put. */
function login() {
  const now = { person: eve }
  const nobody = (): never => {
    throw new Error('nothing is to be proved here')
  }
  const identity = {
    endpoint: ENDPOINT,
    get me() {
      return { person: now.person, groups: [], flow: 'browser' as const }
    },
    jkt: 'key',
    accessToken: nobody,
    proof: nobody,
  }
  const loggedIn: LoggedIn = {
    identity: async () => identity,
    api: async () => fakeApproval({}, []),
    login: nobody,
    logout: nobody,
  }
  return { now, loggedIn }
}

test('whose a login is, is said by a hash that follows whoever takes its place', async () => {
  const { now, loggedIn } = login()
  const connection = { ...(await connectionOf(loggedIn)) }
  const asked = connection.login()
  expect(asked).toEqual({ endpoint: ENDPOINT, holder: expect.stringMatching(/^[0-9a-f]{32}$/) })
  now.person = dana
  expect(connection.login().holder).not.toBe(asked.holder)
  now.person = { ...eve, name: 'Eve Adams' }
  expect(connection.login()).toEqual(asked)
})

test('what is asked for counts, whoever is told of it', async () => {
  const { loggedIn } = login()
  const counted: unknown[] = []
  const host = { process, home: '/home/eve', hostname: 'laptop', script: '/jit.js' }
  const parts = {
    attended: async () => loggedIn,
    busy: { during: <T>(_text: string, work: () => Promise<T>) => work() },
    signal: new AbortController().signal,
    leasing: fakeLeasing({}, []),
    startReaper: () => undefined,
    uses: { count: (...args: unknown[]) => void counted.push(args) },
  }
  const { counting } = await elevationDeps(host, { pending: pendingRequests(memoryRecords()) }, parts)
  const told: string[] = []
  const tell = counting(({ kind }) => void told.push(kind))
  for (const kind of ['resumed', 'asked'] as const) tell({ kind, request: request('pending', {}) })
  expect([counted, told]).toEqual([[[ENDPOINT, ['prod-db']]], ['resumed', 'asked']])
})
