import { JitError } from '../../base/errors.ts'
import { askService, member, urlIn } from './token-service.ts'
import { tokenIn } from './token-shape.ts'
import type { TokenSource } from './types.ts'

const SERVICE = "Azure DevOps' token service"
const URL_VARIABLE = 'SYSTEM_OIDCREQUESTURI'
const TOKEN_VARIABLE = 'SYSTEM_ACCESSTOKEN'
const CONNECTION = 'JIT_SERVICE_CONNECTION_ID'
const JOB = ['SYSTEM_COLLECTIONID', 'SYSTEM_PLANID', 'SYSTEM_JOBID']
const MAP = `Map it in the step: env: { ${TOKEN_VARIABLE}: $(System.AccessToken) }`

/**
 * Azure Pipelines (learn.microsoft.com, "Oidctoken - Create"). The audience is Azure's own whatever one asks. The token is the
 * pipeline's; with the id of a service connection it is that connection's, and only jobs that may use it get one. The id that
 * Azure's own tasks set is not taken: the identity of a job must not change from step to step.
 */
export const azureDevops: TokenSource = {
  provider: 'azure-devops',
  name: 'Azure DevOps',
  kind: 'job',
  isHere: ({ env }) => env['TF_BUILD']?.toLowerCase() === 'true',
  jobOf: ({ env }) => JOB.map((name) => env[name] ?? ''),
  async fetch(deps) {
    const { [URL_VARIABLE]: address = '', [TOKEN_VARIABLE]: bearer = '' } = deps.env
    if (address === '' || bearer === '')
      throw new JitError(
        'LOGIN_NEEDED',
        `This step has no ${address === '' ? URL_VARIABLE : TOKEN_VARIABLE}, so it cannot ask Azure DevOps for an ID token.`,
        MAP,
      )
    const url = urlIn(address, URL_VARIABLE)
    url.searchParams.set('api-version', '7.1')
    const connection = deps.env[CONNECTION] ?? ''
    if (connection !== '') url.searchParams.set('serviceConnectionId', connection)
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
    const refused = `The job must be allowed to use the service connection that ${CONNECTION} names.`
    const text = await askService(deps, { method: 'POST', url, headers, body: '', service: SERVICE, refused })
    return tokenIn(member(text, 'oidcToken', SERVICE), SERVICE)
  },
}
