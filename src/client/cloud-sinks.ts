import { awsFiles } from './sinks/clouds/aws-files.ts'
import { awsIsolated } from './sinks/clouds/aws-isolated.ts'
import { awsProcess } from './sinks/clouds/aws-process.ts'
import { azureFiles } from './sinks/clouds/azure-files.ts'
import { azureIsolated, azureProcess } from './sinks/clouds/azure-isolated.ts'
import type { SinkDeps } from './sinks/clouds/deps.ts'
import { gcpFiles } from './sinks/clouds/gcp-files.ts'
import { gcpIsolated } from './sinks/clouds/gcp-isolated.ts'
import { gcpProcess } from './sinks/clouds/gcp-process.ts'
import { kubernetesFiles } from './sinks/clouds/kubernetes-files.ts'
import { kubernetesIsolated } from './sinks/clouds/kubernetes-isolated.ts'
import { kubernetesProcess } from './sinks/clouds/kubernetes-process.ts'
import type { CloudSink } from './sinks/clouds/types.ts'

/** Every way in which this version of jit delivers: one for each cloud and mode. */
export const cloudSinks = (deps: SinkDeps): readonly CloudSink[] => [
  awsFiles(deps),
  awsProcess(deps),
  awsIsolated(deps),
  gcpFiles(deps),
  gcpProcess(deps),
  gcpIsolated(deps),
  azureFiles(deps),
  azureProcess(deps),
  azureIsolated(deps),
  kubernetesFiles(deps),
  kubernetesProcess(deps),
  kubernetesIsolated(deps),
]
