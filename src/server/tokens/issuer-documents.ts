/** Paths below the issuer's URL where clouds look. The first is fixed by OpenID Connect Discovery §4. */
export const OIDC_DISCOVERY_PATH = '/.well-known/openid-configuration'
export const JWKS_PATH = '/jwks.json'

/** The members that clouds want (clouds.md §1). AWS refuses a provider whose document lacks one of them. */
export function oidcDiscovery(issuer: string): Readonly<Record<string, unknown>> {
  return {
    issuer,
    jwks_uri: `${issuer}${JWKS_PATH}`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti'],
  }
}
