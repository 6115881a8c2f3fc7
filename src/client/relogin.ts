import { JitError } from '../base/errors.ts'
import type { Clock } from '../platform/clock.ts'
import type { Identity } from './identity/types.ts'

export type ReloginDeps = {
  readonly open: () => Promise<Identity>
  /** Asks the person in front of this terminal. */
  readonly confirm: (why: JitError) => Promise<boolean>
  /** Logs in anew and keeps that login; `at`: the endpoint of the login before, where there was one. */
  readonly login: (at: string | undefined) => Promise<void>
  /** Runs `work` unless another process logs in: then `undefined`, at once. */
  readonly ifAlone: <T>(work: () => Promise<T>) => Promise<{ readonly value: T } | undefined>
  /** Says that another process logs in, while `wait` waits for it. */
  readonly whileOthers: (wait: () => Promise<void>) => Promise<void>
  readonly clock: Pick<Clock, 'sleep'>
  readonly signal: AbortSignal
}

/** A person is at a browser for seconds at least. */
const LOOK_MS = 500

/**
 * The login of this installation, for commands that somebody watches: where it has run out, that person may log in anew, and the
 * call goes on. Of several such commands one logs in, and the others go on with its login.
 */
export async function offeringLogin(deps: ReloginDeps): Promise<Identity> {
  let held: Identity | undefined
  let lastToken: string | undefined
  let again: Promise<Identity> | undefined

  /** What another process has come to meanwhile. */
  const revived = async (): Promise<Identity | undefined> => {
    try {
      const identity = await deps.open()
      const token = await identity.accessToken({ renew: false, signal: deps.signal })
      return token === lastToken ? undefined : identity
    } catch (error) {
      if (isLoginNeeded(error)) return undefined
      throw error
    }
  }
  const loggedInAnew = async (why: JitError): Promise<Identity> => {
    const theirs = await afterOthers(deps, revived)
    if (theirs !== undefined) return sameAs(held, theirs)
    if (!(await deps.confirm(why))) throw why
    for (;;) {
      const done = await deps.ifAlone(async () => {
        const found = await revived()
        if (found !== undefined) return found
        await deps.login(held?.endpoint)
        return deps.open()
      })
      if (done !== undefined) return sameAs(held, done.value)
      const found = await afterOthers(deps, revived)
      if (found !== undefined) return sameAs(held, found)
    }
  }
  const relogin = async (error: unknown): Promise<Identity> => {
    if (!isLoginNeeded(error)) throw error
    again ??= loggedInAnew(error)
    try {
      return (held = await again)
    } finally {
      again = undefined
    }
  }

  const first = (held = await deps.open().catch(relogin))
  const identity = (): Identity => held ?? first
  return {
    get endpoint() {
      return identity().endpoint
    },
    get me() {
      return identity().me
    },
    get jkt() {
      return identity().jkt
    },
    async accessToken(call) {
      try {
        return (lastToken = await identity().accessToken(call))
      } catch (error) {
        const renewed = await relogin(error)
        return (lastToken = await renewed.accessToken({ ...call, renew: false }))
      }
    },
    proof: (call) => identity().proof(call),
  }
}

/** Waits while another process logs in; the login that came of it, if any. */
async function afterOthers(
  { ifAlone, whileOthers, clock, signal }: ReloginDeps,
  revived: () => Promise<Identity | undefined>,
): Promise<Identity | undefined> {
  const isFree = async (): Promise<boolean> => (await ifAlone(async () => true)) !== undefined
  if (await isFree()) return undefined
  await whileOthers(async () => {
    do {
      await clock.sleep(LOOK_MS, signal)
      if (signal.aborted) throw new JitError('INTERRUPTED', 'Interrupted: nothing was done.', '')
    } while (!(await isFree()))
  })
  return revived()
}

const isLoginNeeded = (error: unknown): error is JitError => error instanceof JitError && error.code === 'LOGIN_NEEDED'

/** What was typed was meant by one person; somebody else may mean it too, but shall say so. */
function sameAs(before: Identity | undefined, now: Identity): Identity {
  if (before === undefined) return now
  const [was, is] = [before.me.person, now.me.person]
  if (was.issuer === is.issuer && was.subject === is.subject) return now
  throw new JitError(
    'LOGIN_NEEDED',
    `This was asked as ${was.email ?? was.name}, and now ${is.email ?? is.name} is logged in: nothing was done.`,
    'To do it as the one who is logged in, type it again.',
  )
}
