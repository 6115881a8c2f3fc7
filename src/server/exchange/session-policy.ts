import type { AwsAccess } from '../config/types.ts'
import { Refusal } from '../refusal.ts'

/** STS counts inline session policies in characters (AssumeRoleWithWebIdentity, parameter `Policy`). */
const MAX_POLICY_CHARACTERS = 2048
const POLICY_CHARACTERS = /^[\t\n\r\u0020-\u00ff]+$/

/**
 * Calls that turn this session into credentials or tokens which outlive the fence, because the new ones don't carry our
 * session policy: chained sessions (`sts:Assume*`: AssumeRole, AssumeRoot), tokens for others (`sts:Get*Token`: GetWebIdentityToken,
 * GetDelegatedAccessToken), standing logins (keys, passwords, service credentials, SSH keys and signing certificates of a user),
 * and doors for an identity from elsewhere (trust policies, identity providers).
 *
 * It is no sandbox. Whoever may create roles, functions or instances can plant a back door that no list names, and denying those
 * calls would break the work that people elevate for (`iam:CreateRole`, `iam:PassRole`: every Terraform run). The list closes the
 * ways of one call; CloudTrail names who took another. Deleting and disabling stay allowed: that is what incidents need.
 */
export const CHAIN_OUT_ACTIONS = [
  'sts:Assume*',
  'sts:Get*Token',
  'iam:CreateAccessKey',
  'iam:CreateLoginProfile',
  'iam:UpdateLoginProfile',
  'iam:CreateServiceSpecificCredential',
  'iam:ResetServiceSpecificCredential',
  'iam:UploadSSHPublicKey',
  'iam:UploadSigningCertificate',
  'iam:UpdateAssumeRolePolicy',
  'iam:CreateOpenIDConnectProvider',
  'iam:CreateSAMLProvider',
  'iam:UpdateSAMLProvider',
] as const

/**
 * The session policy: the target's own statements (else Allow-all, so that the role alone limits), the time fence and the ways out.
 * The fence must be a Deny: a resource policy that names the session is not limited by what a session policy allows (clouds.md §2.1).
 * STS has no sessions under 15 minutes; the fence has no minimum.
 */
export function sessionPolicy(access: Pick<AwsAccess, 'sessionPolicy'>, notAfter: string, target: string): string {
  const text = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      ...(access.sessionPolicy ?? [{ Effect: 'Allow', Action: '*', Resource: '*' }]),
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': notAfter } },
      },
      { Effect: 'Deny', Action: CHAIN_OUT_ACTIONS, Resource: '*' },
    ],
  })
  if (!POLICY_CHARACTERS.test(text))
    throw new Refusal(
      'cloud_refused',
      `The session policy of target ${target} has characters that AWS does not take (beyond U+00FF).`,
      'An administrator must change sessionPolicy of this target.',
    )
  if (text.length > MAX_POLICY_CHARACTERS)
    throw new Refusal(
      'cloud_refused',
      `The session policy of target ${target} is ${text.length} characters long with its time fence; AWS takes ${MAX_POLICY_CHARACTERS}.`,
      'An administrator must shorten sessionPolicy of this target, or move statements into the role.',
    )
  return text
}
