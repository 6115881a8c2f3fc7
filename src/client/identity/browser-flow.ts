import { JitError } from '../../base/errors.ts'
import { loginNonce } from '../../base/login-nonce.ts'
import { quotedText } from '../../base/terminal-text.ts'
import type { Clock } from '../../platform/clock.ts'
import { listenOnLoopback } from '../../platform/loopback-server.ts'
import type { Random } from '../../platform/random.ts'
import { thumbprint } from './dpop.ts'
import type { Idp, IdpTokens } from './idp.ts'
import { refusal } from './idp-error.ts'
import { tokensOf } from './tokens.ts'
import type { DpopKey } from './types.ts'

const LONGEST_WAIT_MS = 5 * 60_000

type Deps = {
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
  /** Shows the URL and opens it; the login goes on whether or not a browser came up. */
  readonly onBrowserUrl: (url: string) => Promise<void>
}

/** Authorization code with PKCE over a loopback redirect (RFC 8252, RFC 7636), pushed (RFC 9126) where the IdP offers it. */
export async function browserFlow(
  idp: Idp,
  { clock, random, signal, onBrowserUrl }: Deps,
  { scopes, key }: { readonly scopes: readonly string[]; readonly key: DpopKey },
): Promise<IdpTokens> {
  const state = random.bytes(16).toString('base64url')
  const verifier = random.bytes(32).toString('base64url')
  const nonce = loginNonce(thumbprint(key))
  const over = new AbortController()
  const ends = AbortSignal.any([signal, over.signal])
  const server = await listenOnLoopback((query) => query.get('state') === state, ends)
  try {
    const challenge = await (await import('openid-client')).calculatePKCECodeChallenge(verifier)
    const url = await authorizationUrl(idp, {
      redirect_uri: server.redirectUri,
      scope: scopes.join(' '),
      code_challenge: challenge,
      code_challenge_method: 'S256',
      state,
      nonce,
    })
    await onBrowserUrl(url)
    const callback = await inTime(server.answer, { clock, signal, over })
    return await redeem(idp, callback, { state, verifier, nonce })
  } finally {
    over.abort()
    server.close()
  }
}

async function authorizationUrl(idp: Idp, parameters: Record<string, string>): Promise<string> {
  const { buildAuthorizationUrl, buildAuthorizationUrlWithPAR } = await import('openid-client')
  const { pushed_authorization_request_endpoint: pushed } = idp.config.serverMetadata()
  if (pushed === undefined) return buildAuthorizationUrl(idp.config, parameters).href
  try {
    return (await buildAuthorizationUrlWithPAR(idp.config, parameters, idp.options)).href
  } catch (error) {
    throw idp.failed(error, 'login')
  }
}

async function inTime(
  answer: Promise<URL>,
  { clock, signal, over }: { readonly clock: Clock; readonly signal: AbortSignal; readonly over: AbortController },
): Promise<URL> {
  const late = clock.sleep(LONGEST_WAIT_MS, AbortSignal.any([signal, over.signal])).then(() => undefined)
  const first = await Promise.race([answer.catch(() => undefined), late])
  if (first !== undefined) return first
  if (signal.aborted) throw new JitError('INTERRUPTED', 'The login was interrupted.', 'To log in: jit login')
  throw new JitError(
    'LOGIN_FAILED',
    `Nobody finished the login in the browser within ${LONGEST_WAIT_MS / 60_000} minutes.`,
    'To try again: jit login; on a machine without a browser: jit login --device',
  )
}

/** Checks `iss` (RFC 9207), `state`, `nonce` and the ID token's claims; an error in the callback is the IdP's refusal. */
async function redeem(
  idp: Idp,
  callback: URL,
  { state, verifier, nonce }: { readonly state: string; readonly verifier: string; readonly nonce: string },
): Promise<IdpTokens> {
  const { authorizationCodeGrant, AuthorizationResponseError } = await import('openid-client')
  const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier }
  try {
    const answer = await authorizationCodeGrant(idp.config, callback, checks, undefined, idp.options)
    return tokensOf(idp.issuer, answer)
  } catch (error) {
    if (error instanceof AuthorizationResponseError)
      throw refusal(idp.issuer, { error: error.error, description: quotedText(error.error_description ?? '') }, 'login')
    throw idp.failed(error, 'login')
  }
}
