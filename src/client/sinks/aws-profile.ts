import { EXPIRES_KEY, GRANT_KEY } from '../../base/credentials-block.ts'
import type { AwsCredential } from '../../contract/credential.ts'
import { unsafeValue } from './unsafe-value.ts'

export type ProfileDelivery = {
  readonly profile: string
  readonly grant: string
  readonly credential: AwsCredential
}

/** Lines of the profile as botocore and the JavaScript SDK both read them (aws: "Configuration and credential file settings"). */
export function profileLines({ profile, grant, credential }: ProfileDelivery): readonly string[] {
  const lines: readonly (readonly [string, string])[] = [
    ['aws_access_key_id', credential.accessKeyId],
    ['aws_secret_access_key', credential.secretAccessKey],
    ['aws_session_token', credential.sessionToken],
    ...(credential.region === undefined ? [] : [['region', credential.region] as const]),
    [EXPIRES_KEY, endOf(credential)],
    [GRANT_KEY, grant],
  ]
  for (const [key, value] of lines) assertOneWord(key, value)
  assertOneWord('profile', profile)
  return [`[${profile}]`, ...lines.map(([key, value]) => `${key} = ${value}`)]
}

/** The earlier of what STS and what the time fence say. */
export const endOf = ({ expiration, notAfter }: AwsCredential): string =>
  Date.parse(notAfter) < Date.parse(expiration) ? notAfter : expiration

/** SDKs build host names of it: with a dot or a slash in it, signed requests would go to somebody else's host. */
const REGION = /^[a-z0-9-]{1,63}$/

/** A value with a line break or a `]` could write any profile it likes into the user's file. */
export function assertOneWord(key: string, value: string): void {
  if (key === 'region' ? REGION.test(value) : /^[\w+/=.:@-]{1,8192}$/.test(value)) return
  throw unsafeValue(key, 'a credentials file')
}
