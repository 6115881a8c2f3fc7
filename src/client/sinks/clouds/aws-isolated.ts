import { join } from 'node:path'
import type { AwsCredential } from '../../../contract/credential.ts'
import { readFile } from '../../../platform/durable.ts'
import { assertOneWord, profileLines } from '../aws-profile.ts'
import { awsEnvironment } from './aws-usage.ts'
import type { SinkDeps } from './deps.ts'
import type { CloudSink, Intent } from './types.ts'

/** Credentials file and config file of their own, which nobody finds who is not told: for `jit exec` and `jit env`. */
export const awsIsolated = ({ fs }: Pick<SinkDeps, 'fs'>): CloudSink<AwsCredential> => ({
  cloud: 'aws',
  mode: 'isolated',
  plan: ({ directory }) => [
    { kind: 'own', path: configIn(directory) },
    { kind: 'own', path: credentialsIn(directory) },
  ],
  contents: ({ lease, profile, credential }) => {
    const { accessKeyId, secretAccessKey, sessionToken, region } = credential
    if (region !== undefined) assertOneWord('region', region)
    const config = [`[profile ${profile}]`, ...(region === undefined ? [] : [`region = ${region}`]), '']
    const lines = profileLines({ profile, grant: lease, credential })
    return [
      { content: config.join('\n'), secrets: [] },
      { content: [...lines, ''].join('\n'), secrets: [accessKeyId, secretAccessKey, sessionToken] },
    ]
  },
  environment: (intent) => {
    const { directory } = intent
    return {
      AWS_SHARED_CREDENTIALS_FILE: credentialsIn(directory),
      AWS_CONFIG_FILE: configIn(directory),
      ...awsEnvironment(intent),
      ...regionFrom(readFile(fs, configIn(directory))?.toString('utf8') ?? ''),
    }
  },
  usage: ({ target }) => [`jit exec ${target} -- aws sts get-caller-identity`, `eval "$(jit env ${target})"`],
  searched: () => [],
})

const credentialsIn = (directory: Intent['directory']): string => join(directory, 'aws-credentials')
const configIn = (directory: Intent['directory']): string => join(directory, 'aws-config')

/** A region that the caller's shell happens to export would win over the one in the file. */
function regionFrom(config: string): Readonly<Record<string, string>> {
  const region = /^region = ([a-z0-9-]+)$/m.exec(config)?.[1]
  return region === undefined ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }
}
