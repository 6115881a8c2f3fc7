import type { Intent } from './types.ts'

/** The profile has the region in it. */
export const awsEnvironment = ({ profile }: Pick<Intent, 'profile'>): Readonly<Record<string, string>> => ({
  AWS_PROFILE: profile,
})

export const awsUsage = ({ profile }: Pick<Intent, 'profile'>): readonly string[] => [
  `aws --profile ${profile} sts get-caller-identity`,
  `export AWS_PROFILE=${profile}`,
]
