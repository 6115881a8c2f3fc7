import { randomBytes } from 'node:crypto'
import type { WireRequest } from '../http-exchange.ts'
import type { SimulatorConfig } from './config.ts'
import { type Identity, type Pools, principalsOf } from './pools.ts'
import { GoogleError, Unsupported } from './wire.ts'

/** Whom a token speaks for, and until when. */
export type Session = {
  readonly scopes: readonly string[]
  readonly expiresAt: number
} & (
  | { readonly kind: 'federated'; readonly identity: Identity }
  | { readonly kind: 'serviceAccount'; readonly email: string }
)

const SCOPE = 'https://www.googleapis.com/auth/'
export const CLOUD_PLATFORM = `${SCOPE}cloud-platform`
const READ_ONLY = `${SCOPE}cloud-platform.read-only`
/** Which scopes open which of the simulated services for reading (each method's "Authorization scopes"). */
export const OPENED_BY = {
  storage: [
    CLOUD_PLATFORM,
    READ_ONLY,
    ...['read_only', 'read_write', 'full_control'].map((name) => `${SCOPE}devstorage.${name}`),
  ],
  resourceManager: [CLOUD_PLATFORM, READ_ONLY],
  iamCredentials: [CLOUD_PLATFORM, `${SCOPE}iam`],
} as const
/** Scopes that gcloud asks for besides; nothing simulated is opened by them. */
const OF_GCLOUD = ['userinfo.email', 'appengine.admin', 'sqlservice.login', 'compute', 'accounts.reauth']
const KNOWN_SCOPES: ReadonlySet<string> = new Set([
  ...Object.values(OPENED_BY).flat(),
  ...OF_GCLOUD.map((name) => SCOPE + name),
  'openid',
])

export function checkScopes(scopes: readonly string[]): void {
  for (const scope of scopes) if (!KNOWN_SCOPES.has(scope)) throw new Unsupported(`the scope ${scope}`)
}

const HELP =
  'Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.'
const invalid = (reason: string): GoogleError =>
  new GoogleError(401, `Request had invalid authentication credentials. ${HELP}`, { reason })

/** Every token that was issued. Tokens are opaque: what they mean is known here alone, and asked at each use. */
export function createTokens(config: SimulatorConfig, pools: Pools, now: () => number) {
  const sessions = new Map<string, Session>()
  const disabled = new Map(config.serviceAccounts.map(({ email, disabled }) => [email, disabled]))

  return {
    issue(session: Session): string {
      const token = `ya29.${session.kind === 'federated' ? 'd' : 'c'}.${randomBytes(96).toString('base64url')}`
      sessions.set(token, session)
      return token
    },

    /** Who asks. `recognised` hears of him before it is decided whether the token still works. */
    authenticate(request: WireRequest, opening: readonly string[], recognised: (principal: string) => void): Session {
      const [, token] = /^Bearer ([^\s,]+)$/i.exec(request.headers['authorization'] ?? '') ?? []
      if (request.query.has('access_token')) throw new Unsupported('a token in the address')
      if (request.headers['authorization'] === undefined)
        throw new GoogleError(401, `Request is missing required authentication credential. ${HELP}`, {
          reason: 'CREDENTIALS_MISSING',
        })
      const session = token === undefined ? undefined : sessions.get(token)
      if (session === undefined) throw invalid('ACCESS_TOKEN_TYPE_UNSUPPORTED')
      recognised(principals(session)[0])
      if (session.expiresAt <= now()) throw invalid('ACCESS_TOKEN_EXPIRED')
      const working =
        session.kind === 'federated' ? pools.isActive(session.identity.pool) : disabled.get(session.email) === false
      if (!working) throw invalid('ACCOUNT_STATE_INVALID')
      if (request.headers['x-goog-user-project'] !== undefined) throw new Unsupported('a quota project')
      if (!session.scopes.some((scope) => opening.includes(scope)))
        throw new GoogleError(403, 'Request had insufficient authentication scopes.', {
          reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
        })
      return session
    },

    /** `undefined` where there is no such account. */
    isDisabled: (email: string): boolean | undefined => disabled.get(email),
    setDisabled(email: string, to: boolean): void {
      if (!disabled.has(email)) throw new Error(`no service account ${email}`)
      disabled.set(email, to)
    },
  }
}
export type Tokens = ReturnType<typeof createTokens>

/** The names by which IAM policies may mean this session; the first is the one that Google shows. */
export const principals = (session: Session): readonly [string, ...string[]] =>
  session.kind === 'federated' ? principalsOf(session.identity) : [`serviceAccount:${session.email}`]

/** As error messages name him. */
export const shown = (session: Session): string =>
  session.kind === 'federated' ? principals(session)[0] : session.email
