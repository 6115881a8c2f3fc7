import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client'
import { JitError } from '../../base/errors.ts'
import type { IdpTokens } from './idp.ts'

/** The part of a token answer that we keep; the IdP's access token is of no use to us. */
export function tokensOf(issuer: string, answer: TokenEndpointResponse & TokenEndpointResponseHelpers): IdpTokens {
  if (answer.id_token === undefined)
    throw new JitError(
      'LOGIN_FAILED',
      `${new URL(issuer).host} gave no ID token.`,
      'Tell the people who run the endpoint: its scopes must contain openid.',
    )
  return {
    idToken: answer.id_token,
    ...(answer.refresh_token !== undefined && { refreshToken: answer.refresh_token }),
  }
}
