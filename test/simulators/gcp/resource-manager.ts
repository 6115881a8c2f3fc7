import { type Answer, jsonAnswer, type WireRequest } from '../http-exchange.ts'
import type { SimulatorConfig } from './config.ts'
import type { Iam } from './iam.ts'
import { principals, type Session } from './tokens.ts'
import { GoogleError, Unsupported } from './wire.ts'

/** `filter` as `gcloud projects list` sends it. */
const ACTIVE = 'lifecycleState:ACTIVE'
const CREATED = '2026-01-01T00:00:00.000Z'

export type ResourceManagerDeps = { readonly projects: SimulatorConfig['projects']; readonly iam: Iam }

/** `projects.list` and `projects.get` of the Cloud Resource Manager API v1, which gcloud and the client libraries call. */
export function resourceManager(request: WireRequest, caller: Session, { projects, iam }: ResourceManagerDeps): Answer {
  const visible = (id: string): boolean =>
    iam.allows(principals(caller), 'resourcemanager.projects.get', `projects/${id}`)
  const [, wanted] = /^\/v1\/projects(?:\/([^/:]+))?$/.exec(request.path) ?? [undefined, ':']
  if (request.method !== 'GET' || wanted === ':')
    throw new Unsupported(`${request.method} ${request.path} of cloudresourcemanager.googleapis.com`)
  checkParameters(request.query, wanted === undefined ? ['filter', 'pageSize'] : [])
  if (wanted === undefined) {
    const mine = projects.filter(({ id }) => visible(id))
    return jsonAnswer(200, mine.length === 0 ? {} : { projects: mine.map(resource) })
  }
  const project = projects.find(({ id, number }) => id === wanted || number === wanted)
  if (project === undefined || !visible(project.id)) throw new GoogleError(403, 'The caller does not have permission')
  return jsonAnswer(200, resource(project))
}

const resource = ({ id, number, name }: SimulatorConfig['projects'][number]) => ({
  projectNumber: number,
  projectId: id,
  lifecycleState: 'ACTIVE',
  name: name === '' ? id : name,
  createTime: CREATED,
})

function checkParameters(query: URLSearchParams, known: readonly string[]): void {
  for (const [name, value] of query) {
    if (name === 'alt' ? value !== 'json' : !known.includes(name))
      throw new Unsupported(`the parameter ${name} of this call`)
    if (name === 'filter' && value !== ACTIVE) throw new Unsupported(`the filter ${value}`)
  }
}
