import { JitError } from '../../base/errors.ts'
import { askService, member, urlIn } from './token-service.ts'
import { tokenIn } from './token-shape.ts'
import type { TokenSource } from './types.ts'

const SERVICE = "GitHub's token service"
const PERMIT =
  'Give the job (or the workflow that calls it) "permissions: id-token: write". Jobs of forks never have it.'
const URL_VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_URL'
const TOKEN_VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'
const JOB = ['GITHUB_RUN_ID', 'GITHUB_RUN_ATTEMPT', 'GITHUB_JOB', 'RUNNER_NAME']

/** GitHub Actions, GitHub Enterprise Server too (docs.github.com, "OpenID Connect reference"). A token lives about five minutes. */
export const github: TokenSource = {
  provider: 'github',
  name: 'GitHub Actions',
  kind: 'job',
  isHere: ({ env }) => env['GITHUB_ACTIONS'] === 'true',
  jobOf: ({ env }) => JOB.map((name) => env[name] ?? ''),
  async fetch(deps, audience) {
    const { [URL_VARIABLE]: address = '', [TOKEN_VARIABLE]: bearer = '' } = deps.env
    if (address === '' || bearer === '')
      throw new JitError('LOGIN_NEEDED', 'This job may not ask GitHub for an ID token.', PERMIT)
    const url = urlIn(address, URL_VARIABLE)
    url.searchParams.set('audience', audience)
    const headers = { authorization: `bearer ${bearer}` }
    const text = await askService(deps, { method: 'GET', url, headers, service: SERVICE, refused: PERMIT })
    return tokenIn(member(text, 'value', SERVICE), SERVICE)
  },
}
