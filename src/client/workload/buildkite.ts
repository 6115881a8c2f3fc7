import { askProgram } from './token-program.ts'
import { tokenIn } from './token-shape.ts'
import type { TokenSource } from './types.ts'

const PROGRAM = 'buildkite-agent'

/** The ids that nobody else can ever have; the agent puts them into a token only where it is asked. */
const IDS = ['pipeline_id', 'organization_id'].flatMap((claim) => ['--claim', claim])

/** Buildkite (buildkite.com/docs, "buildkite-agent oidc"). `--skip-redaction` is not asked for: the token may well be redacted from the log. */
export const buildkite: TokenSource = {
  provider: 'buildkite',
  name: 'Buildkite',
  kind: 'job',
  isHere: ({ env }) => env['BUILDKITE'] === 'true',
  jobOf: ({ env }) => [env['BUILDKITE_JOB_ID'] ?? ''],
  async fetch(deps, audience) {
    const args = ['oidc', 'request-token', '--audience', audience, ...IDS]
    const hint = `In a container, mount ${PROGRAM} and pass on BUILDKITE_JOB_ID and BUILDKITE_AGENT_ACCESS_TOKEN.`
    return tokenIn(await askProgram(deps, { file: PROGRAM, args, hint }), PROGRAM)
  },
}
