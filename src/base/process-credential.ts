import { instant, object, type Reader, string } from '../contract/narrow.ts'

/** What a `credential_process` answers with (AWS SDKs and Tools Reference Guide, "Process credential provider"). */
export type ProcessCredential = {
  readonly Version: 1
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken: string
  /** SDKs come back before it, twice or more often. One that is past makes them fail without our words. */
  readonly Expiration: string
  /** Saves SDKs a call where an endpoint depends on the account. */
  readonly AccountId?: string
}

const readShape = object(
  { AccessKeyId: string, SecretAccessKey: string, SessionToken: string, Expiration: instant },
  { AccountId: string },
)
export const readProcessCredential: Reader<ProcessCredential> = (value, path) => ({
  Version: 1,
  ...readShape(value, path),
})

/** The account in the ARN of a role or of a session of it, in whichever partition. */
export const accountOf = (arn: string): string | undefined => /^arn:[\w-]+:(?:iam|sts)::(\d{12}):/.exec(arn)?.[1]
