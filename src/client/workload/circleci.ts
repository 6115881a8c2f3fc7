import { JitError } from '../../base/errors.ts'
import { askProgram } from './token-program.ts'
import { tokenIn } from './token-shape.ts'
import type { TokenSource } from './types.ts'

const PROGRAM = 'circleci'
const GIVEN = 'CIRCLE_OIDC_TOKEN_V2'
const JOB = ['CIRCLE_WORKFLOW_JOB_ID', 'CIRCLE_BUILD_NUM']
const HINT = `CircleCI puts circleci on the PATH of its jobs; in a container of your own, ${GIVEN} is used, whose audience is the organization.`

/** CircleCI (circleci.com/docs, "OIDC tokens with custom claims"): for our audience where `circleci` is there, else the one of the job. */
export const circleci: TokenSource = {
  provider: 'circleci',
  name: 'CircleCI',
  kind: 'job',
  isHere: ({ env }) => env['CIRCLECI'] === 'true',
  jobOf: ({ env }) => JOB.map((name) => env[name] ?? ''),
  async fetch(deps, audience) {
    if (deps.isOnPath(PROGRAM)) {
      const args = ['run', 'oidc', 'get', '--claims', JSON.stringify({ aud: audience })]
      return tokenIn(await askProgram(deps, { file: PROGRAM, args, hint: HINT }), PROGRAM)
    }
    const given = deps.env[GIVEN] ?? ''
    if (given !== '') return tokenIn(given, GIVEN)
    throw new JitError('LOGIN_NEEDED', 'This CircleCI job has no ID token.', HINT)
  },
}
