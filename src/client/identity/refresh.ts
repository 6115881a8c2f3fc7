import { JitError } from '../../base/errors.ts'
import { connectIdp, type Idp, type IdpDeps, type IdpTokens } from './idp.ts'
import type { StoredLogin } from './types.ts'

/** A new ID token without a person, by the IdP's refresh token. `LOGIN_NEEDED` where the IdP ended the login or gave none. */
export async function refresh(deps: IdpDeps, login: StoredLogin, signal: AbortSignal | undefined): Promise<IdpTokens> {
  const { refreshToken } = login
  if (refreshToken === undefined) throw loginNeeded('Your login has run out')
  const idp = await idpOf(deps, login, signal)
  const { refreshTokenGrant } = await import('openid-client')
  const answer = await refreshTokenGrant(idp.config, refreshToken, undefined, idp.options).catch((error: unknown) => {
    throw idp.failed(error, 'refresh')
  })
  if (answer.id_token === undefined) throw loginNeeded('Your identity provider renews no login by itself')
  return {
    idToken: answer.id_token,
    ...(answer.refresh_token !== undefined && { refreshToken: answer.refresh_token }),
  }
}

/** The IdP that `login` came from, and our client there. */
export async function idpOf(deps: IdpDeps, login: StoredLogin, signal: AbortSignal | undefined): Promise<Idp> {
  const { issuer, clients } = login.discovery.idp
  const clientId = clients[login.flow]
  if (clientId === undefined) throw loginNeeded('Your login has run out')
  return connectIdp(deps, { issuer, clientId, key: login.dpopKey, ...(signal && { signal }) })
}

const loginNeeded = (why: string): JitError => new JitError('LOGIN_NEEDED', `${why}.`, 'Type: jit login')
