import { createHash } from 'node:crypto'
import type { Connection } from '../client/connection.ts'
import type { LoginName } from '../client/leases/holder.ts'
import type { Person } from '../contract/person.ts'
import type { LoggedIn } from './logged-in.ts'

/** The way to the endpoint with this login. What another process has renewed or replaced is read with the next call. */
export async function connectionOf(login: Pick<LoggedIn, 'identity' | 'api'>): Promise<Connection> {
  const identity = await login.identity()
  return {
    login: (): LoginName => ({ endpoint: identity.endpoint, holder: holderName(identity.me.person) }),
    api: await login.api(),
  }
}

/**
 * Tells the people and jobs of an endpoint apart in records of this machine, without saying who they are: the endpoint goes by these
 * two. Who may end and confirm a grant hangs on it, so nobody shall be able to find a name that passes for another's.
 */
export const holderName = ({ issuer, subject }: Person): string =>
  createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex')
    .slice(0, 32)
