import { personName } from './person-name.ts'
import type { AwsName } from './types.ts'

/** STS: `SourceIdentity` is 2–64 characters. */
export const awsName: AwsName = (person) => personName(person, 64)
