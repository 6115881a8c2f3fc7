import { type ErrorCode, JitError } from '../base/errors.ts'
import { type EndedGrant, LONGEST_CHANNEL_WAIT_SECONDS, MOST_CHANNEL_GRANTS } from '../contract/channel.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { Connection } from './connection.ts'
import { isHeldBy } from './leases/holder.ts'
import type { Lease } from './leases/types.ts'
import type { Leasing } from './leasing.ts'
import { type Pause, pauseAfter } from './pauses.ts'
import { noteEnded } from './ended-grants.ts'
import type { GrantNotes } from './grant-notes.ts'

export type ChannelDeps = {
  readonly leasing: Pick<Leasing, 'list' | 'wipe' | 'heard'>
  readonly notes: GrantNotes
  /** The login of this installation, opened anew each time; never asks anybody. Rejects where there is none to be had. */
  readonly connect: () => Promise<ChannelConnection>
  /** Changes when somebody logs in or out. */
  readonly loginStamp: () => string
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}
export type ChannelConnection = Connection<'channel'> & {
  /** Renews the login where it has to be. Not to be aborted: an identity provider may have forgotten the old one by then. */
  readonly ready: () => Promise<void>
}
export type Channel = {
  /** At every tick of the reaper; returns at once. */
  readonly tick: (leases: readonly Lease[]) => void
}

/** Strict leases live on answers, so a call that nobody will ever answer must be noticed while there is time for others. */
const STRICT_WAIT_SECONDS = 15
/** A clock that goes on this far between two ticks has slept, and so has the call. */
const ASLEEP_SECONDS = 10
/** An answer that came sooner was not held back; whoever answers like that is asked less often. */
const HELD_SECONDS = 5
const PASSING: Pause = { first: 1_000, longest: 30_000 }
/** A strict lease has a minute: whoever is refused among many machines must get some more tries within it. */
const STRICT_PASSING: Pause = { first: 1_000, longest: 10_000 }
/** What somebody has to mend (log in, unlock the keychain), or an endpoint that knows no channel. Another login is noticed at once. */
const LASTING: Pause = { first: 5_000, longest: 300_000 }
const PASSES: readonly ErrorCode[] = [
  'ENDPOINT_UNREACHABLE',
  'ENDPOINT_INVALID',
  'ENDPOINT_REFUSED',
  'IDP_UNREACHABLE',
  'CLOCK_SKEW',
  'LOCKED',
]

/**
 * Asks the endpoint, one long poll after the other, whether the grants behind these leases still stand, and wipes those that it says
 * are over. Nothing but a well-formed answer that names a grant ends it: an endpoint that cannot be reached, or answers nonsense,
 * changes nothing here (what silence means to a strict lease is for the sweep to say). Runs beside the ticks and holds none up.
 */
export function holdChannel(deps: ChannelDeps): Channel {
  const { clock, signal } = deps
  const login = knownLogin(deps.loginStamp)
  const now = { turn: new AbortController(), watched: '', running: false }
  let lastTick = clock.bootSeconds()
  const begin = async (): Promise<void> => {
    now.running = true
    while (!signal.aborted && now.watched !== '') await hold(deps, login, AbortSignal.any([signal, now.turn.signal]))
    now.running = false
  }
  return {
    tick: (leases) => {
      const watched = activeOf(leases)
        .map(({ id }) => id)
        .join(' ')
      const tick = clock.bootSeconds()
      const slept = tick - lastTick > ASLEEP_SECONDS
      lastTick = tick
      if (login.hasChanged() || watched !== now.watched || slept) {
        now.watched = watched
        now.turn.abort()
        now.turn = new AbortController()
      }
      if (watched !== '' && !now.running) void begin()
    },
  }
}

/** Whether somebody else has logged in or out. A login that was renewed here is none: a renewal that fails must not begin all anew. */
function knownLogin(stamp: () => string) {
  let known = stamp()
  let ours = false
  return {
    hasChanged: (): boolean => {
      if (ours || stamp() === known) return false
      known = stamp()
      return true
    },
    renew: async (ready: () => Promise<void>): Promise<void> => {
      ours = true
      try {
        await ready()
      } finally {
        known = stamp()
        ours = false
      }
    },
  }
}
type KnownLogin = ReturnType<typeof knownLogin>

const activeOf = (leases: readonly Lease[]): readonly Lease[] => leases.filter(({ state }) => state === 'active')
const isStrict = ({ channel }: Lease): boolean => channel === 'strict'

/** One call after the other on one login, until `turn` is over: other leases, another login, or a sleep. Never rejects. */
async function hold(deps: ChannelDeps, login: KnownLogin, turn: AbortSignal): Promise<void> {
  const { clock, random } = deps
  let connection: ChannelConnection | undefined
  let [failures, idle] = [0, 0]
  while (!turn.aborted) {
    const started = clock.bootSeconds()
    const wasHeld = (): boolean => clock.bootSeconds() - started >= HELD_SECONDS
    try {
      connection ??= await deps.connect()
      await login.renew(connection.ready)
      if (turn.aborted) return
      const news = await ask(deps, connection, { waitSeconds: failures === 0 ? undefined : 0, turn })
      failures = 0
      idle = news || wasHeld() ? 0 : idle + 1
      if (idle > 1) await clock.sleep(pauseAfter(idle - 1, PASSING, random), turn)
    } catch (error) {
      if (turn.aborted) return
      failures++
      if (wasHeld()) idle = 0
      const passes = error instanceof JitError && PASSES.includes(error.code)
      if (!passes) connection = undefined
      const passing = activeOf(deps.leasing.list()).some(isStrict) ? STRICT_PASSING : PASSING
      await clock.sleep(pauseAfter(failures, passes ? passing : LASTING, random), turn)
    }
  }
}

/** Whether the endpoint named a grant as over. Only an answer about grants counts as heard: a refusal, even of a known login, says nothing of them. */
async function ask(
  deps: ChannelDeps,
  connection: ChannelConnection,
  { waitSeconds, turn }: { readonly waitSeconds: number | undefined; readonly turn: AbortSignal },
): Promise<boolean> {
  const login = connection.login()
  const mine = activeOf(deps.leasing.list())
    .filter((lease) => isHeldBy(lease, login))
    .toSorted((a, b) => Number(isStrict(b)) - Number(isStrict(a)))
  if (mine.length === 0) {
    await deps.clock.sleep(LASTING.longest, turn) // what others were given is left to its own end
    return false
  }
  const offered = waitSeconds ?? (mine.some(isStrict) ? STRICT_WAIT_SECONDS : LONGEST_CHANNEL_WAIT_SECONDS)
  const calls = Array.from({ length: Math.ceil(mine.length / MOST_CHANNEL_GRANTS) }, (_, i) =>
    mine.slice(i * MOST_CHANNEL_GRANTS, (i + 1) * MOST_CHANNEL_GRANTS),
  )
  const over: EndedGrant[] = []
  for (const [i, leases] of calls.entries()) {
    const wait = i === calls.length - 1 && over.length === 0 ? offered : 0
    const { ended } = await connection.api.channel({ grants: leases.map(({ id }) => id), waitSeconds: wait }, turn)
    over.push(...ended.filter(({ grant }) => leases.some(({ id }) => id === grant)))
  }
  if (!isHeldBy(login, connection.login()))
    throw new JitError('LOGIN_NEEDED', 'Somebody else has logged in meanwhile.', 'jit login')
  deps.leasing.heard(login)
  if (over.length === 0) return false
  await wipe(deps, over)
  return true
}

/**
 * Each for its own reason. Throws where one is still there, so that the same answer is not asked for again at once. What is gone
 * here already was ended here (`jit revoke` wipes before it tells), so it is no news.
 */
async function wipe({ leasing, notes, clock }: ChannelDeps, over: readonly EndedGrant[]): Promise<void> {
  for (const { grant, reason } of over) {
    const lease = activeOf(leasing.list()).find(({ id }) => id === grant)
    if (lease === undefined) continue
    if (reason !== 'ttl') noteEnded(notes, lease, reason, clock.now())
    await leasing.wipe([grant], reason)
  }
  const left = activeOf(leasing.list()).filter(({ id }) => over.some(({ grant }) => grant === id))
  if (left.length > 0) throw new JitError('WIPE_FAILED', 'Credentials of an ended grant are still here.', 'jit sweep')
}
