import type { IdpDeps } from './idp.ts'
import { idpOf } from './refresh.ts'
import type { LoginStore } from './store.ts'
import type { StoredLogin, WithLock } from './types.ts'

/** `atIdp`: whether the refresh token is dead there too; `unknown` where it could not be told or the IdP has no way to. */
export type LogoutResult = {
  readonly wasLoggedIn: boolean
  readonly atIdp: 'revoked' | 'nothing-to-revoke' | 'unknown'
}

export type LogoutDeps = IdpDeps & { readonly store: LoginStore; readonly withLock: WithLock }

/** Forgets the login here first, whatever state it is in; then tells the IdP, as far as it can be reached. */
export async function logout(deps: LogoutDeps, signal?: AbortSignal): Promise<LogoutResult> {
  const login = await deps.withLock('login', async () => {
    const found = await deps.store.load().catch(() => 'unreadable' as const)
    await deps.store.delete()
    return found
  })
  if (login === undefined) return { wasLoggedIn: false, atIdp: 'nothing-to-revoke' }
  if (login === 'unreadable') return { wasLoggedIn: true, atIdp: 'unknown' }
  if (login.refreshToken === undefined) return { wasLoggedIn: true, atIdp: 'nothing-to-revoke' }
  const revoked = await revoke(deps, login, login.refreshToken, signal).catch(() => false)
  return { wasLoggedIn: true, atIdp: revoked ? 'revoked' : 'unknown' }
}

/** RFC 7009. */
async function revoke(deps: IdpDeps, login: StoredLogin, token: string, signal?: AbortSignal): Promise<boolean> {
  const idp = await idpOf(deps, login, signal)
  if (idp.config.serverMetadata().revocation_endpoint === undefined) return false
  const { tokenRevocation } = await import('openid-client')
  await tokenRevocation(idp.config, token, { token_type_hint: 'refresh_token' })
  return true
}
