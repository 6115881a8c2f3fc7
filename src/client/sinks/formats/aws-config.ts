import { awsIni } from './aws-ini.ts'

/** `~/.aws/config`: `[profile NAME]` with a region and a `credential_process`. Leads to a secret and holds none. */
export const awsConfig = awsIni({ name: 'aws-config', secret: false, prefix: 'profile ' })
