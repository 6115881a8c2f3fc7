import type { CloudCredential } from '../contract/credential.ts'

/** As `contract/credential.ts` and the exchange name them. The id of an AWS key is no secret, but whoever finds it in a log looks further. */
const SECRET = new Set(['accessKeyId', 'secretAccessKey', 'sessionToken', 'subjectToken', 'accessToken', 'token'])

/** The values in a credential that nobody may see, those of a finished exchange included. */
export const secretsIn = (credential: CloudCredential): readonly string[] => secretMembers(credential)

const secretMembers = (value: object): readonly string[] =>
  Object.entries(value).flatMap(([name, each]: [string, unknown]) => {
    if (typeof each === 'string') return SECRET.has(name) ? [each] : []
    return typeof each === 'object' && each !== null ? secretMembers(each) : []
  })
