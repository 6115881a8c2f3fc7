import { aws } from './aws.ts'
import { azureDevops } from './azure-devops.ts'
import { buildkite } from './buildkite.ts'
import { circleci } from './circleci.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { givenFile, givenToken } from './given.ts'
import { google } from './google.ts'
import { kubernetes } from './kubernetes.ts'
import { spiffe } from './spiffe.ts'
import type { TokenSource } from './types.ts'

/** In the order in which they are looked for: what somebody set for jit, then pipelines, then what the machine is. */
export const SOURCES: readonly TokenSource[] = [
  givenFile,
  givenToken,
  github,
  gitlab,
  circleci,
  buildkite,
  azureDevops,
  spiffe,
  kubernetes,
  aws,
  google,
]
