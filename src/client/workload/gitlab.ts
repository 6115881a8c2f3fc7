import { JitError } from '../../base/errors.ts'
import { tokenIn } from './token-shape.ts'
import type { TokenSource } from './types.ts'

const VARIABLE = 'JIT_ID_TOKEN'

/**
 * GitLab CI (docs.gitlab.com, "OpenID Connect ID tokens"): made once when the job starts, for an audience that stands in
 * `.gitlab-ci.yml`, so every login of a job brings the same one.
 */
export const gitlab: TokenSource = {
  provider: 'gitlab',
  name: 'GitLab CI',
  kind: 'job',
  isHere: ({ env }) => env['GITLAB_CI'] === 'true',
  jobOf: ({ env }) => [env['CI_SERVER_HOST'] ?? '', env['CI_JOB_ID'] ?? ''],
  async fetch({ env }, audience) {
    const token = env[VARIABLE] ?? ''
    if (token !== '') return tokenIn(token, VARIABLE)
    throw new JitError(
      'LOGIN_NEEDED',
      'This GitLab job has no ID token for jit.',
      `Add to the job in .gitlab-ci.yml: id_tokens: { ${VARIABLE}: { aud: '${audience}' } }`,
    )
  },
}
