import { JitError } from '../../src/base/errors.ts'
import type { CliContext } from '../../src/cli/context.ts'
import { within } from '../../src/cli/serving.ts'
import { noPaint } from '../../src/cli/ui/paint.ts'
import { elevate, type ElevationDeps } from '../../src/client/elevation.ts'
import type { LoginName } from '../../src/client/leases/holder.ts'
import { extend } from '../../src/client/extension.ts'
import { explainWish } from '../../src/client/explanation.ts'
import type { Check } from '../../src/client/doctor/types.ts'
import { type PendingRequests, pendingRequests } from '../../src/client/pending.ts'
import type { GrantNote } from '../../src/client/grant-notes.ts'
import type { ServingDeps } from '../../src/client/served-credential.ts'
import type { Ending, Program } from '../../src/platform/processes.ts'
import type { Records } from '../../src/platform/records.ts'
import { eve, type FakeApproval, fakeApproval, NOW } from './fake-approval.ts'
import { FakeClock } from './fake-clock.ts'
import { type FakeLeasing, fakeLeasing } from './fake-leasing.ts'

/** Ten minutes before NOW, when fake leases were written. */
export const BOOTED_SECONDS = 600
export const ENDPOINT = 'https://jit.example'
/** The login that every fake is logged in with. */
export const LOGIN = { endpoint: ENDPOINT, holder: 'alice' } as const

export function memoryRecords<T>(): Records<T> {
  const kept = new Map<string, T>()
  return {
    all: () => ({ documents: [...kept.values()], unreadable: [] }),
    put: (name, document) => void kept.set(name, document),
    remove: (name) => void kept.delete(name),
  }
}

export type Fake = FakeApproval &
  FakeLeasing & {
    readonly interactive?: boolean
    readonly columns?: number
    readonly screen?: CliContext['terminal']['screen']
    readonly outIsTty?: boolean
    readonly env?: Readonly<Record<string, string>>
    readonly loggedIn?: boolean
    /** Who is logged in now; {@link LOGIN} where absent. */
    readonly login?: () => LoginName
    /** The login is a job's. */
    readonly isPipeline?: boolean
    /** The platform of a job that speaks for itself whoever is logged in. */
    readonly job?: string
    readonly endpoint?: string | undefined
    /** What the user answers to prompts. */
    readonly answers?: readonly string[]
    /** How much targets are used. */
    readonly used?: Readonly<Record<string, number>>
    readonly pending?: PendingRequests
    readonly signal?: AbortSignal
    readonly notes?: readonly GrantNote[]
    /** What every file holds. */
    readonly file?: Buffer
    /** How a program that is run ends; and those that are not there. */
    readonly childEnds?: Ending
    readonly missing?: readonly string[]
    readonly checks?: readonly Check[]
    /** Whether a service manager has a timer of ours. */
    readonly layer?: boolean
  }

/** A CliContext over memory. No module is mocked anywhere: what a test sees is what main.ts wires. */
export function fakeContext(given: Fake = {}) {
  const seen = {
    out: [] as string[],
    note: [] as string[],
    calls: [] as string[],
    programs: [] as Program[],
    exits: [] as Ending[],
    choices: [] as string[],
  }
  const clock = new FakeClock(NOW, BOOTED_SECONDS)
  const approval = fakeApproval(given, seen.calls)
  const leasing = fakeLeasing(given, seen.calls)
  const pending = given.pending ?? pendingRequests(memoryRecords())
  const signal = given.signal ?? new AbortController().signal
  const answers = [...(given.answers ?? [])]
  const answer = async (): Promise<string> => {
    const next = answers.shift()
    if (next === undefined) throw new Error('asked more than the test answers')
    return next
  }
  const api = async () => {
    if (given.loggedIn === false) throw new JitError('LOGIN_NEEDED', 'You are not logged in.', 'Type: jit login')
    return approval
  }
  const serving: ServingDeps = {
    leases: () => leasing.list(),
    read: () => given.file,
    readSealed: async () => {
      throw new Error('nothing is sealed here')
    },
    renewed: async () => {
      throw new Error('nothing is to be renewed')
    },
    clock,
    within: within(given.env ?? {}),
  }
  const whoever = given.login ?? (() => LOGIN)
  const reporting = { connect: async () => ({ login: whoever, api: await api() }), clock }
  const elevationDeps = async (tell: ElevationDeps['tell']): Promise<ElevationDeps> => ({
    api: await api(),
    login: whoever,
    leasing,
    pending,
    exchange: async (credential) => credential,
    startReaper: () => void seen.calls.push('reaper'),
    random: { bytes: (length) => Buffer.alloc(length, 7) },
    host: 'laptop',
    isPipeline: given.isPipeline === true,
    clock,
    signal,
    tell,
  })
  const ctx: CliContext = {
    version: '1.2.3',
    env: given.env ?? {},
    platform: 'linux',
    terminal: {
      out: (text) => void seen.out.push(text),
      note: (text) => void seen.note.push(text),
      interactive: given.interactive ?? false,
      inIsTty: false,
      outIsTty: given.outIsTty ?? false,
      columns: given.columns ?? 200,
      screen: given.screen ?? { write: () => true, columns: () => given.columns ?? 200, rows: () => 24 },
      paint: { out: noPaint, note: noPaint },
    },
    clock,
    signal,
    ask: {
      text: answer,
      confirm: async () => (await answer()) === 'y',
      pick: async (_question, choices) => {
        for (const { label, disabled } of choices)
          seen.choices.push(disabled === undefined ? label : `${label} [${disabled}]`)
        return answer()
      },
    },
    waiting: (_text, work) => work(),
    spinner: async () => ({ show: (text) => void seen.note.push(`(${text})`), stop: () => undefined }),
    endpoint: () => ('endpoint' in given ? given.endpoint : ENDPOINT),
    api,
    jobInPlaceOfLogin: async () => given.job,
    login: async (order) => {
      seen.calls.push(`login ${order.endpoint} ${order.flow ?? 'any'} ${order.keyStore ?? 'default'}`)
      return { me: { person: eve, groups: ['dba'], flow: 'browser' }, endpoint: ENDPOINT, keyStore: 'test', kept: true }
    },
    logout: async () => ({ wasLoggedIn: given.loggedIn !== false, atIdp: 'revoked' }),
    whoami: async () => {
      await api()
      return { me: { person: eve, groups: ['dba'], flow: 'browser' }, endpoint: ENDPOINT }
    },
    elevation: async (tell) => {
      const deps = await elevationDeps(tell)
      return { elevate: (order) => elevate(deps, order), explain: (wish) => explainWish(deps, wish) }
    },
    extension: async ({ tell, askReason }) => {
      const deps = { ...(await elevationDeps(() => undefined)), tell, askReason, within: within(given.env ?? {}) }
      return { extend: (order) => extend(deps, order) }
    },
    used: async () => (name) => given.used?.[name] ?? 0,
    revocation: async () => ({ leasing, ...reporting }),
    housekeeping: async () => ({ leasing, ...reporting }),
    status: async () => ({ leasing, pending, notes: { list: () => given.notes ?? [] }, clock }),
    servingKubernetes: async () => ({
      leases: () => leasing.list(),
      read: () => undefined,
      readSealed: () => Promise.reject(new Error('no sealed file')),
      renewed: () => Promise.reject(new Error('nothing is to be renewed')),
      clock,
      env: {},
    }),
    serving: async () => serving,
    servingClients: async () => serving,
    servingGoogle: async () => serving,
    guiding: async () => leasing,
    isInstalled: (program) => given.missing?.includes(program) !== true,
    children: async () => ({
      runChild: async (program) => {
        seen.programs.push(program)
        seen.calls.push(`run ${program.file}`)
        return { ended: Promise.resolve(given.childEnds ?? { code: 0 }), kill: () => undefined }
      },
      divertSignals: () => () => undefined,
      onTerminal: false,
      assertProgram: (file) => {
        if (given.missing?.includes(file) === true)
          throw new JitError('PROGRAM_MISSING', `${file} is not there.`, 'Look.')
      },
    }),
    console: async () => {
      throw new Error('no console here')
    },
    exit: (as) => void seen.exits.push(as),
    pending: async () => pending,
    doctor: async () => ({
      checks: given.checks ?? [],
      removeLayer: async () => ({ layer: 'systemd user timer', removed: given.layer === true }),
    }),
    promptPlaces: () => ({
      hint: '/state/prompt',
      asked: '/state/sweep-asked',
      sweep: ['node', 'jit.js', 'sweep'],
      env: {},
    }),
    startUp: async () => undefined,
  }
  return { ctx, clock, leasing, pending, ...seen }
}
