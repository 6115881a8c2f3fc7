import path from 'node:path'
import type { Cloud, DeliveryMode } from '../../src/contract/target.ts'
import { BUCKET, OWN } from '../support/cloud-holdings.ts'

/** Whose access a client is to use: a name that it is given, or what it takes when it is given none. */
export type Whose = { readonly profile?: string; readonly subscription: string }
type CommandLine = readonly [program: string, ...args: string[]]

/**
 * How a client comes to what was delivered: by a name in its own files, or by the variables of `jit env` and `jit exec`.
 */
export type Way = 'own files' | 'jit env' | 'jit exec'

export type Client = {
  readonly name: string
  readonly cloud: Cloud
  /** What must be there for it to run; absolute where PATH may lead to another one. */
  readonly program: string
  /** Debian's package, where it has one. */
  readonly package?: string
  /** Calls that each need the access; what they print names whose it was. */
  readonly calls: (whose: Whose) => readonly CommandLine[]
  /** What stands in their output, for the access of a target and for Alice's own. */
  readonly seen: { readonly jit: (target: string) => string; readonly own: string }
  readonly ways: Readonly<Record<DeliveryMode, readonly Way[]>>
}

const VARIABLES = ['jit env', 'jit exec'] as const
const child = (name: string): string => path.join(import.meta.dirname, name)

const AWS = {
  cloud: 'aws',
  seen: { jit: (target: string) => `assumed-role/jit-${target}/`, own: `assumed-role/${OWN.role}/` },
  ways: { files: ['own files'], process: ['own files'], isolated: VARIABLES },
} as const

const awsCli = (name: string, program: string, more: Partial<Client> = {}): Client => ({
  ...AWS,
  ...more,
  name,
  program,
  calls: ({ profile }) => {
    const chosen = profile === undefined ? [] : ['--profile', profile]
    return [
      [program, ...chosen, 'sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text'],
      [program, ...chosen, 's3', 'ls', `s3://${BUCKET}`],
    ]
  },
})

const AZURE = {
  cloud: 'azure',
  seen: { jit: (target: string) => `group-of-${target}`, own: 'group-of-alice' },
  ways: { files: ['own files'], process: VARIABLES, isolated: VARIABLES },
} as const

/** The vendors' own programs and SDKs, as they are. */
export const clientsAt = (awsV1: string | undefined): readonly Client[] => [
  awsCli('aws v1', awsV1 ?? 'aws-v1'),
  awsCli('aws v2', '/usr/bin/aws', { package: 'awscli' }),
  {
    ...AWS,
    name: 'AWS SDK for JavaScript',
    program: process.execPath,
    calls: ({ profile }) => [
      [process.execPath, child('aws-sdk-child.ts'), ...(profile === undefined ? [] : [profile])],
    ],
  },
  {
    name: 'gcloud',
    cloud: 'gcp',
    program: 'gcloud',
    calls: ({ profile }) => [
      [
        'gcloud',
        ...(profile === undefined ? [] : [`--configuration=${profile}`]),
        'projects',
        'list',
        '--format=value(projectId)',
      ],
    ],
    seen: { jit: () => 'corp-prod', own: OWN.project },
    ways: { files: ['own files'], process: ['jit exec'], isolated: VARIABLES },
  },
  {
    name: 'google-auth-library',
    cloud: 'gcp',
    program: process.execPath,
    calls: () => [
      [
        process.execPath,
        path.resolve(import.meta.dirname, '../support/google-adc-child.ts'),
        'https://cloudresourcemanager.googleapis.com/v1/projects',
      ],
    ],
    seen: { jit: () => '"projectId":"corp-prod"', own: `"projectId":"${OWN.project}"` },
    ways: { files: VARIABLES, process: VARIABLES, isolated: VARIABLES },
  },
  {
    ...AZURE,
    name: 'az',
    program: 'az',
    package: 'azure-cli',
    calls: ({ profile }) => [
      [
        'az',
        'group',
        'list',
        ...(profile === undefined ? [] : ['--subscription', profile]),
        '--query',
        '[].name',
        '--output',
        'tsv',
      ],
    ],
  },
  {
    ...AZURE,
    name: '@azure/identity',
    program: 'az',
    calls: ({ profile, subscription }) => [
      [
        process.execPath,
        '--use-env-proxy',
        child('azure-identity-child.ts'),
        subscription,
        ...(profile === undefined ? [] : [profile]),
      ],
    ],
  },
  {
    name: 'kubectl',
    cloud: 'kubernetes',
    program: 'kubectl',
    package: 'kubernetes-client',
    calls: ({ profile }) => {
      const chosen = profile === undefined ? [] : ['--context', profile]
      return [
        ['kubectl', ...chosen, 'auth', 'whoami', '--output=jsonpath={.status.userInfo.username}{"\\n"}'],
        ['kubectl', ...chosen, 'get', 'pods', '--output=name'],
      ]
    },
    seen: { jit: (target) => `jit:${target}:alice@corp.example=`, own: OWN.subject },
    ways: { files: ['own files'], process: ['own files'], isolated: VARIABLES },
  },
]
