import { join } from 'node:path'
import { JitError } from '../../../base/errors.ts'
import type { AwsCredential } from '../../../contract/credential.ts'
import { readFile } from '../../../platform/durable.ts'
import { assertNoOtherSource } from '../aws-checks.ts'
import { profileLines } from '../aws-profile.ts'
import { resolveTarget } from '../target-path.ts'
import type { SinkDeps } from './deps.ts'
import type { CloudSink } from './types.ts'

/** A profile in the AWS credentials file, where every AWS tool and SDK looks. */
export const awsFiles = (deps: SinkDeps): CloudSink<AwsCredential> => ({
  cloud: 'aws',
  mode: 'files',
  plan: ({ profile, asDefault }) => {
    if (asDefault)
      throw new JitError('USAGE', 'This version of jit cannot make an AWS profile the default.', 'Update jit.')
    const config = resolveTarget(deps.fs, configFile(deps))
    assertNoOtherSource(config, readFile(deps.fs, config) ?? Buffer.alloc(0), profile)
    return [{ kind: 'entry', path: credentialsFile(deps), format: 'aws-credentials' }]
  },
  contents: ({ profile, lease, credential }) => {
    const { accessKeyId, secretAccessKey, sessionToken } = credential
    const lines = profileLines({ profile, grant: lease, credential })
    return [{ content: lines.join('\n'), secrets: [accessKeyId, secretAccessKey, sessionToken] }]
  },
  environment: ({ profile }) => ({ AWS_PROFILE: profile }),
  usage: ({ profile }) => [`aws --profile ${profile} sts get-caller-identity`, `export AWS_PROFILE=${profile}`],
  searched: () => [{ path: credentialsFile(deps), format: 'aws-credentials' }],
})

type Surroundings = Pick<SinkDeps, 'env' | 'home'>

const credentialsFile = (deps: Surroundings): string =>
  fromEnv(deps, 'AWS_SHARED_CREDENTIALS_FILE') ?? join(deps.home, '.aws', 'credentials')

const configFile = (deps: Surroundings): string => fromEnv(deps, 'AWS_CONFIG_FILE') ?? join(deps.home, '.aws', 'config')

/** botocore expands `~` here, so a path may come with it although no shell has seen it. */
function fromEnv({ env, home }: Surroundings, name: string): string | undefined {
  const path = env[name]
  if (path === undefined || path === '') return undefined
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path
}
