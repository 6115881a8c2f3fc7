import type { Host } from './host.ts'
import type { Installation } from './installation.ts'
import { type LoggedIn, loggedIn } from './logged-in.ts'
import { offerLogin } from './offer-login.ts'
import type { Attended } from './ui/attended.ts'
import type { Busy } from './ui/busy.ts'
import { busyApi } from './ui/busy-calls.ts'

/** The login of this installation, opened once by each of the two who ask for it. */
export type Logins = {
  readonly online: () => Promise<LoggedIn>
  /** The same; a login that has run out is offered anew where somebody can be asked. */
  readonly attended: () => Promise<LoggedIn>
}

export type LoginOffer = Attended & Omit<Parameters<typeof offerLogin>[1], 'locks'>

export function openLogins(host: Host, installation: Installation, here: LoginOffer): Logins {
  const { terminal, busy, signal } = here
  const { env, platform } = host.process
  const surroundings = { env, platform, installation, signal, ...(host.callAddon && { callAddon: host.callAddon }) }
  const offer = offerLogin(here, { ...here, locks: () => installation.login().locks })
  const open = async (more: { offerLogin?: typeof offer } = {}): Promise<LoggedIn> =>
    busyLoggedIn(await loggedIn({ ...surroundings, ...more }), busy)
  let opening: Promise<LoggedIn> | undefined
  let openingAttended: Promise<LoggedIn> | undefined
  const online = (): Promise<LoggedIn> => (opening ??= open())
  return {
    online,
    attended: () => (terminal.interactive ? (openingAttended ??= open({ offerLogin: offer })) : online()),
  }
}

/** Says what takes long. */
const busyLoggedIn = ({ identity, api, login, logout }: LoggedIn, busy: Busy): LoggedIn => {
  const opened: LoggedIn['identity'] = () => busy.during('Opening your login', identity)
  return {
    identity: opened,
    api: async () => {
      const { endpoint } = await opened()
      return busyApi(await api(), endpoint, busy)
    },
    login,
    logout: () => busy.during('Telling the identity provider that you log out', logout),
  }
}
