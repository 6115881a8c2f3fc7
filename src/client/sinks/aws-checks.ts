import { checkAwsIni, type IniSection, namesProfile } from '../../base/aws-ini.ts'
import { findBlocks, removeBlocks } from '../../base/credentials-block.ts'
import { JitError } from '../../base/errors.ts'

/** The sections of a file that the AWS tools can read. Throws `FILE_UNREADABLE` with the line that they would stumble over. */
export function sectionsOf(path: string, bytes: Buffer): readonly IniSection[] {
  const check = checkAwsIni(bytes)
  if (check.ok) return check.sections
  throw new JitError(
    'FILE_UNREADABLE',
    `The AWS tools cannot read ${path}: line ${check.line}, ${check.why}.`,
    'jit has left the file as it is. Mend that line (the tools refuse every profile until then) and try again.',
  )
}

/** Throws `PROFILE_TAKEN` where the user has a profile of this name. A block of ours is no obstacle, it is replaced. */
export function assertProfileFree(path: string, bytes: Buffer, profile: string): void {
  const mine = new Set(findBlocks(bytes).filter((block) => block.profile === profile))
  const theirs = mine.size === 0 ? bytes : removeBlocks(bytes, (block) => block.profile === profile)
  const taken = sectionsOf(path, theirs).find(({ name }) => namesProfile(name, profile))
  if (taken !== undefined) throw profileTaken(profile, path, taken.line)
}

// Settings such as `region` are welcome beside our keys; these would be used instead of them, or mixed up with them.
export const CREDENTIAL_SOURCE =
  /^(aws_(access_key_id|secret_access_key|session_token|security_token)|role_arn|source_profile|credential_(source|process)|web_identity_token_file|sso_.*|login_session)$/

/** Throws `PROFILE_TAKEN` where the config file names another source of credentials for this profile. */
export function assertNoOtherSource(path: string, bytes: Buffer, profile: string): void {
  const taken = sectionsOf(path, bytes).find(
    ({ name, keys }) => namesProfile(name, profile) && keys.some((key) => CREDENTIAL_SOURCE.test(key)),
  )
  if (taken !== undefined) throw profileTaken(profile, path, taken.line)
}

export const profileTaken = (profile: string, path: string, line: number): JitError =>
  new JitError(
    'PROFILE_TAKEN',
    `There already is a profile ${profile} in ${path} (line ${line}), and it is not jit's.`,
    'Rename it there, or have the target deliver under another profile name.',
  )
