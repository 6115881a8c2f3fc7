import { join } from 'node:path'
import { awsCommandLine } from '../../../base/aws-command-line.ts'
import { GRANT_KEY } from '../../../base/credentials-block.ts'
import { accountOf, type ProcessCredential } from '../../../base/process-credential.ts'
import type { AwsCredential } from '../../../contract/credential.ts'
import { assertProfileFree } from '../aws-checks.ts'
import { assertOneWord, endOf } from '../aws-profile.ts'
import { awsConfigFile, awsCredentialsFile, defaultHasOtherSource, userFile } from './aws-locations.ts'
import { awsEnvironment, awsUsage } from './aws-usage.ts'
import type { SinkDeps } from './deps.ts'
import { ownProgram } from './own-program.ts'
import type { CloudSink, Delivery, FileContent, Intent, PlannedFile } from './types.ts'

/**
 * A profile whose `credential_process` is `jit credential-process TARGET`, and the keys themselves in a sealed file. The default
 * is made in the credentials file, where it wins over keys of the user's own there and lets his settings in the config file be.
 */
export const awsProcess = (deps: SinkDeps): CloudSink<AwsCredential> => ({
  cloud: 'aws',
  mode: 'process',
  plan: (intent) => {
    const credentials = userFile(deps, awsCredentialsFile(deps))
    assertProfileFree(credentials.path, credentials.bytes, intent.profile) // keys there would win over the process
    return plan(deps, intent)
  },
  contents: (delivery) => {
    const { profile, asDefault } = delivery
    const [lines, defaultLines] = [sectionOf(deps, delivery), `[default]\n${sectionOf(deps, delivery)}`]
    const config = [
      `[profile ${profile}]\n${lines}`,
      ...(asDefault && defaultHasOtherSource(deps) ? [defaultLines] : []),
    ]
    return [sealed(delivery), open(config.join('\n')), ...(asDefault ? [open(defaultLines)] : [])]
  },
  environment: awsEnvironment,
  usage: awsUsage,
  searched: () => [
    { path: awsConfigFile(deps), format: 'aws-config' },
    { path: awsCredentialsFile(deps), format: 'aws-credentials' },
  ],
})

/** The sealed file comes first: a profile that leads to nothing is an error that people see. */
const plan = (deps: SinkDeps, { directory, asDefault }: Intent): readonly PlannedFile[] => [
  { kind: 'sealed', path: sealedFile(directory) },
  { kind: 'entry', path: awsConfigFile(deps), format: 'aws-config' },
  ...(asDefault ? [{ kind: 'entry', path: awsCredentialsFile(deps), format: 'aws-credentials' } as const] : []),
]

const sealedFile = (directory: string): string => join(directory, 'aws.sealed')
const open = (content: string): FileContent => ({ content, secrets: [] })

function sectionOf(deps: SinkDeps, { credential: { region }, lease, target }: Delivery<AwsCredential>): string {
  if (region !== undefined) assertOneWord('region', region)
  return [
    ...(region === undefined ? [] : [`region = ${region}`]),
    `credential_process = ${awsCommandLine(ownProgram(deps, 'credential-process', target))}`,
    `${GRANT_KEY} = ${lease}`,
  ].join('\n')
}

function sealed({ credential, endsAt }: Delivery<AwsCredential>): FileContent {
  const { accessKeyId, secretAccessKey, sessionToken, sessionArn } = credential
  const account = accountOf(sessionArn)
  const answer: ProcessCredential = {
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: new Date(Math.min(endsAt, Date.parse(endOf(credential)))).toISOString(),
    ...(account !== undefined && { AccountId: account }),
  }
  return { content: JSON.stringify(answer), secrets: [accessKeyId, secretAccessKey, sessionToken] }
}
