import { join } from 'node:path'
import type { Identity } from '../client/identity/types.ts'
import { offeringLogin } from '../client/relogin.ts'
import { systemClock } from '../platform/clock.ts'
import { makeDirectories } from '../platform/durable.ts'
import { nodeFileSystem } from '../platform/files.ts'
import { withFreeLock } from '../platform/lock.ts'
import type { Attended } from './ui/attended.ts'

type Here = {
  /** Directory of the lock that lets one process log in at a time. */
  readonly locks: () => string
  /** Where to log in if nobody ever did. */
  readonly endpoint: () => string | undefined
  readonly logInAt: (endpoint: string) => Promise<void>
}

/** Somebody sits at the terminal: a login that has run out is no reason to send him away. */
export const offerLogin =
  ({ terminal, ask, busy, signal }: Attended, { locks, endpoint, logInAt }: Here) =>
  (open: () => Promise<Identity>): Promise<Identity> =>
    offeringLogin({
      open,
      confirm: async ({ message }) => endpoint() !== undefined && ask.confirm(`${message} Log in now?`),
      login: async (at) => logInAt(at ?? endpoint() ?? ''),
      ifAlone: (work) => {
        const directory = locks()
        makeDirectories(nodeFileSystem, directory)
        return withFreeLock(join(directory, 'relogin.lock'), work)
      },
      whileOthers: (wait) => {
        terminal.note('Another jit command on this machine is logging in; this one waits for it.')
        return busy.during('Waiting for the login in another terminal', wait)
      },
      clock: systemClock,
      signal,
    })
