import type { Permission } from './config.ts'
import { StatusError } from './status.ts'
import type { User } from './user.ts'

/** What a request wants of a resource. `namespace` is empty where it is of all of them or of none. */
export type Attributes = {
  readonly verb: string
  readonly apiGroup: string
  /** With the subresource: `pods/log`. */
  readonly resource: string
  readonly namespace: string
  readonly name: string
}

/** Paths that are no resources: everybody may see these of a cluster, logged in or not (`system:public-info-viewer`). */
const PUBLIC = /^\/(version\/?|healthz|livez|readyz)$/
/** What whoever is logged in may see (`system:discovery`), and ask about himself (`system:basic-user`). */
const DISCOVERY = /^\/(api|apis|openapi)(\/.*)?$/
const SELF = ['selfsubjectreviews', 'selfsubjectaccessreviews']

export function allowed(user: User, wanted: Attributes, permissions: readonly Permission[]): boolean {
  if (wanted.verb === 'create' && SELF.includes(wanted.resource)) return user.groups.includes('system:authenticated')
  return permissions.some(
    ({ users, groups, apiGroups, resources, verbs, namespaces }) =>
      (users.includes(user.username) || groups.some((each) => user.groups.includes(each))) &&
      has(apiGroups, wanted.apiGroup) &&
      has(resources, wanted.resource) &&
      has(verbs, wanted.verb) &&
      (namespaces === undefined || namespaces.includes(wanted.namespace)),
  )
}

const has = (all: readonly string[], one: string): boolean => all.includes('*') || all.includes(one)

export function authorize(user: User, wanted: Attributes, permissions: readonly Permission[]): void {
  if (allowed(user, wanted, permissions)) return
  const { verb, apiGroup, resource, namespace, name } = wanted
  const [kind = ''] = resource.split('/')
  const subject = apiGroup === '' ? kind : `${kind}.${apiGroup}`
  const what = name === '' ? subject : `${subject} "${name}"`
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`
  throw new StatusError(
    403,
    'Forbidden',
    `${what} is forbidden: User "${user.username}" cannot ${verb} resource "${resource}" in API group "${apiGroup}" ${where}`,
    { ...(name !== '' && { name }), ...(apiGroup !== '' && { group: apiGroup }), kind },
  )
}

export function authorizePath(user: User, verb: string, path: string): void {
  if (verb === 'get' && PUBLIC.test(path)) return
  if (verb === 'get' && DISCOVERY.test(path) && user.groups.includes('system:authenticated')) return
  throw new StatusError(403, 'Forbidden', `forbidden: User "${user.username}" cannot ${verb} path "${path}"`, {})
}
