import { awsFiles } from '../../src/client/sinks/clouds/aws-files.ts'
import type { SinkDeps } from '../../src/client/sinks/clouds/deps.ts'
import type { CloudSink } from '../../src/client/sinks/clouds/types.ts'
import { plainFiles, plainProcess } from '../support/plain-sinks.ts'

/** One sink for each kind of place. */
export const stageSinks = (deps: SinkDeps): readonly CloudSink[] => [
  awsFiles(deps),
  plainFiles(deps),
  plainProcess(deps),
]
