import { awsFiles } from '../../src/client/sinks/clouds/aws-files.ts'
import { awsIsolated } from '../../src/client/sinks/clouds/aws-isolated.ts'
import { awsProcess } from '../../src/client/sinks/clouds/aws-process.ts'
import { gcpFiles } from '../../src/client/sinks/clouds/gcp-files.ts'
import { gcpIsolated } from '../../src/client/sinks/clouds/gcp-isolated.ts'
import { gcpProcess } from '../../src/client/sinks/clouds/gcp-process.ts'
import type { GcpDelivered } from '../../src/client/sinks/clouds/gcp.ts'
import { kubernetesFiles } from '../../src/client/sinks/clouds/kubernetes-files.ts'
import { kubernetesIsolated } from '../../src/client/sinks/clouds/kubernetes-isolated.ts'
import { kubernetesProcess } from '../../src/client/sinks/clouds/kubernetes-process.ts'
import type { SinkDeps } from '../../src/client/sinks/clouds/deps.ts'
import type { CloudSink } from '../../src/client/sinks/clouds/types.ts'
import type { EntryDelivery } from '../../src/client/sinks/types.ts'
import { awsDelivery, SECRETS } from './aws-lease.ts'
import { AZURE_SINK_SUBJECTS } from './azure-subjects.ts'
import { type Edit, FORMAT_SUBJECTS, type FormatSubject } from './format-subjects.ts'
import { FEDERATED, gcpDelivery } from './gcp-delivery.ts'
import { USUAL } from './kubeconfig-entries.ts'
import { KUBERNETES_TOKEN, kubernetesDelivery } from './kubernetes-delivery.ts'
import { PLAIN_SECRET, plainDelivery, plainFiles, plainPointing, plainProcess } from './plain-sinks.ts'

/** A file of the user's that takes an entry, relative to his home. */
export type SharedSubject = {
  readonly path: string
  /** As the user has it. */
  readonly original: string
  /** What another program does to it meanwhile. */
  readonly edit: Edit
  readonly format: FormatSubject
}

/** What the suite over all cloud sinks needs to know of one. Add yours to {@link SINK_SUBJECTS}. */
export type SinkSubject = {
  readonly make: (deps: SinkDeps) => CloudSink
  readonly delivery: (profile: string, mark?: string) => EntryDelivery
  /** Texts that must never be found after the wipe; of a `process` sink never at all. */
  readonly secrets: readonly string[]
  /** Files of the user's as they are before, relative to home, beside those of `shared`. */
  readonly home: Readonly<Record<string, string>>
  readonly shared: readonly SharedSubject[]
  /** Where the client's own variable can lead elsewhere: the first of `shared`. */
  readonly variable?: string
  /** A home in which the user has something of the name of this profile already. */
  readonly taken?: (profile: string) => Readonly<Record<string, string>>
}

const shared = (path: string, name: string, original: string, edit: string): readonly SharedSubject[] => {
  const format = FORMAT_SUBJECTS[name]
  const change = format?.edits[edit]
  if (format === undefined || change === undefined) throw new RangeError(`no format ${name} with an edit "${edit}"`)
  return [{ path, original, edit: change, format }]
}

/** Every sink there is, and the plain ones that try the engines out. */
export const SINK_SUBJECTS: Readonly<Record<string, SinkSubject>> = {
  'aws-files': {
    make: awsFiles,
    delivery: (profile, mark) => first(awsDelivery(profile, mark)),
    secrets: SECRETS,
    home: { '.aws/config': '[default]\nregion = eu-west-1\n' },
    shared: shared('.aws/credentials', 'aws-credentials', '[default]\naws_access_key_id = A', 'appends a profile'),
    variable: 'AWS_SHARED_CREDENTIALS_FILE',
    taken: (profile) => ({ '.aws/config': `[profile ${profile}]\nrole_arn = arn:aws:iam::1:role/mine\n` }),
  },
  'aws-process': {
    make: awsProcess,
    delivery: (profile, mark) => first(awsDelivery(profile, mark)),
    secrets: SECRETS,
    home: { '.aws/credentials': '[default]\naws_access_key_id = A\n' },
    shared: shared('.aws/config', 'aws-config', '[default]\nregion = eu-west-1', 'appends a profile'),
    variable: 'AWS_CONFIG_FILE',
    taken: (profile) => ({ '.aws/credentials': `[${profile}]\naws_access_key_id = MINE\n` }),
  },
  'aws-isolated': {
    make: awsIsolated,
    delivery: (profile, mark) => first(awsDelivery(profile, mark)),
    secrets: SECRETS,
    home: { '.aws/credentials': '[default]\naws_access_key_id = A\n' },
    shared: [],
  },
  'kubernetes-files': {
    make: kubernetesFiles,
    delivery: kubernetesDelivery,
    secrets: [KUBERNETES_TOKEN],
    home: { '.kube/other': USUAL },
    shared: shared('.kube/config', 'kubeconfig', USUAL, 'appends a comment'),
    variable: 'KUBECONFIG',
  },
  'kubernetes-process': {
    make: kubernetesProcess,
    delivery: kubernetesDelivery,
    secrets: [KUBERNETES_TOKEN],
    home: {},
    shared: shared('.kube/config', 'kubeconfig', USUAL.replaceAll('\n', '\r\n'), 'kubectl adds a cluster'),
    variable: 'KUBECONFIG',
  },
  'kubernetes-isolated': {
    make: kubernetesIsolated,
    delivery: kubernetesDelivery,
    secrets: [KUBERNETES_TOKEN],
    home: { '.kube/config': USUAL },
    shared: [],
  },
  ...AZURE_SINK_SUBJECTS,
  'plain files': {
    make: plainFiles,
    delivery: plainDelivery,
    secrets: [PLAIN_SECRET],
    home: { '.plain/settings/mine.conf': 'token_file = mine\n' },
    shared: [],
    taken: (profile) => ({ [`.plain/settings/${profile}.conf`]: 'mine = 1\n' }),
  },
  'plain sealed files': {
    make: plainProcess,
    delivery: plainDelivery,
    secrets: [PLAIN_SECRET],
    home: { '.plain/settings/mine.conf': 'token_file = mine\n' },
    shared: [],
    taken: (profile) => ({ [`.plain/settings/${profile}.conf`]: 'mine = 1\n' }),
  },
  'gcp-files': gcpSubject(gcpFiles),
  'gcp-isolated': gcpSubject(gcpIsolated),
  'gcp-process': gcpSubject(gcpProcess),
  'plain files with a pointer to them': {
    make: plainPointing,
    delivery: plainDelivery,
    secrets: [PLAIN_SECRET],
    home: { '.plain/active': 'mine', '.plain/settings/mine.conf': 'token_file = mine\n' },
    shared: [],
  },
}

function gcpSubject(make: (deps: SinkDeps) => CloudSink<GcpDelivered>): SinkSubject {
  return {
    make,
    delivery: (profile, mark = '') => {
      const { accessToken, subjectToken } = FEDERATED
      const marked = { accessToken: accessToken + mark, subjectToken: subjectToken + mark }
      return gcpDelivery({ ...FEDERATED, ...marked }, false, profile)
    },
    secrets: [FEDERATED.accessToken, FEDERATED.subjectToken],
    home: {
      '.config/gcloud/active_config': 'mine',
      '.config/gcloud/configurations/config_mine': '[core]\nproject = mine\n',
      '.config/gcloud/mine_configs.db': 'sqlite',
    },
    shared: [],
    ...(make === gcpFiles && {
      taken: (profile: string) => ({ [`.config/gcloud/configurations/config_${profile}`]: '[core]\nproject = mine\n' }),
    }),
  }
}

function first<T>([one]: readonly T[]): T {
  if (one === undefined) throw new RangeError('an empty list')
  return one
}
