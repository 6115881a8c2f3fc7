import type { AwsCredential } from '../../../contract/credential.ts'
import { assertNoOtherSource } from '../aws-checks.ts'
import { profileLines } from '../aws-profile.ts'
import { awsConfigFile, awsCredentialsFile, defaultHasOtherSource, userFile } from './aws-locations.ts'
import { awsEnvironment, awsUsage } from './aws-usage.ts'
import type { SinkDeps } from './deps.ts'
import type { CloudSink } from './types.ts'

/**
 * A profile in the AWS credentials file, where every AWS tool and SDK looks. As the default it stands there a second time, as
 * `[default]`; the config file is touched only where the user's own default would be asked for keys before it.
 */
export const awsFiles = (deps: SinkDeps): CloudSink<AwsCredential> => ({
  cloud: 'aws',
  mode: 'files',
  plan: ({ profile, asDefault }) => {
    const config = userFile(deps, awsConfigFile(deps))
    assertNoOtherSource(config.path, config.bytes, profile)
    return [
      { kind: 'entry', path: awsCredentialsFile(deps), format: 'aws-credentials' },
      ...(asDefault ? [{ kind: 'entry', path: awsConfigFile(deps), format: 'aws-config' } as const] : []),
    ]
  },
  contents: ({ profile, lease, credential, asDefault }) => {
    const { accessKeyId, secretAccessKey, sessionToken } = credential
    const [header, ...keys] = profileLines({ profile, grant: lease, credential })
    const byDefault = ['[default]', ...keys]
    const lines = [header, ...keys, ...(asDefault ? byDefault : [])]
    const credentials = { content: lines.join('\n'), secrets: [accessKeyId, secretAccessKey, sessionToken] }
    if (!asDefault) return [credentials]
    const open = byDefault.filter((line) => /^(\[|region|x_)/.test(line)).join('\n')
    return [credentials, defaultHasOtherSource(deps) ? { content: open, secrets: [] } : undefined]
  },
  environment: awsEnvironment,
  usage: awsUsage,
  searched: () => [
    { path: awsCredentialsFile(deps), format: 'aws-credentials' },
    { path: awsConfigFile(deps), format: 'aws-config' },
  ],
})
