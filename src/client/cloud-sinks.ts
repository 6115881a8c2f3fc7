import { awsFiles } from './sinks/clouds/aws-files.ts'
import { awsIsolated } from './sinks/clouds/aws-isolated.ts'
import { awsProcess } from './sinks/clouds/aws-process.ts'
import type { SinkDeps } from './sinks/clouds/deps.ts'
import type { CloudSink } from './sinks/clouds/types.ts'

/** Every way in which this version of jit delivers. */
export const cloudSinks = (deps: SinkDeps): readonly CloudSink[] => [
  awsFiles(deps),
  awsProcess(deps),
  awsIsolated(deps),
]
