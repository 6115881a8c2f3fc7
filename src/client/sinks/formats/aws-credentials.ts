import { awsIni } from './aws-ini.ts'

/** `~/.aws/credentials`: `[NAME]` with keys. */
export const awsCredentials = awsIni({ name: 'aws-credentials', secret: true, prefix: '' })
