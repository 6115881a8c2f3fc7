import * as common from '../issuer-keys.ts'
import { AwsError } from './wire.ts'

/** Of the discovery document (IAM user guide, "Create an OpenID Connect identity provider"). */
const DEMANDED = [
  'claims_supported',
  'response_types_supported',
  'subject_types_supported',
  'id_token_signing_alg_values_supported',
]

export const noVerificationKey = (): AwsError =>
  new AwsError(
    400,
    'InvalidIdentityToken',
    "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements",
  )
const noAnswer = (): AwsError =>
  new AwsError(400, 'IDPCommunicationError', 'An error occurred when calling the identity provider.')

/**
 * An issuer's keys as AWS has them. A `kid` that the remembered set lacks is refused until the set is forgotten: AWS promises no
 * earlier look, so a key must be published before its use.
 */
export function createIssuerKeys(options: common.IssuerKeysOptions) {
  const issuers = common.createIssuerKeys({ ...options, demanded: DEMANDED, usualPort: true })
  return {
    /** The key `kid` of `issuer`, from memory where it is fresh. */
    async key(issuer: string, kid: string): Promise<common.IssuerKey> {
      const discoveryUrl = `${issuer}/.well-known/openid-configuration`
      const keys = await issuers.keys(issuer, { discoveryUrl }).catch((error: unknown) => {
        if (!(error instanceof common.IssuerUnusable)) throw error
        throw error.isSilent ? noAnswer() : noVerificationKey()
      })
      const [only, ...others] = keys.filter((key) => key['kid'] === kid)
      if (only === undefined || others.length > 0) throw noVerificationKey()
      return only
    },
  }
}
export type IssuerKeys = ReturnType<typeof createIssuerKeys>
