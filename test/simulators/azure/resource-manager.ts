import { randomUUID } from 'node:crypto'
import { type Answer, jsonAnswer, type WireRequest } from '../http-exchange.ts'
import { bearerOf } from './bearer.ts'
import type { Application, Subscription } from './config.ts'
import { type Directory, issuerOf, type Session } from './directory.ts'
import { AzureError, Unsupported } from './refusals.ts'
import { ARM_AUDIENCES } from './resources.ts'
import type { Operation } from './role-definitions.ts'

export const ARM_HOST = 'management.azure.com'

/** Of Microsoft.Resources, newest first. */
const API_VERSIONS = `
  2025-04-01 2025-03-01 2024-11-01 2024-07-01 2024-03-01 2023-07-01 2022-12-01 2022-09-01 2022-01-01 2021-04-01 2021-01-01
  2020-10-01 2020-08-01 2020-06-01 2020-01-01 2019-11-01 2019-10-01 2019-08-01 2019-07-01 2019-06-01 2019-05-01 2018-06-01
  2018-05-01 2018-02-01 2016-09-01 2016-06-01 2015-11-01 2014-04-01`
  .trim()
  .split(/\s+/)
const READ_SUBSCRIPTION: Operation = { kind: 'action', name: 'Microsoft.Resources/subscriptions/read' }
const READ_GROUPS: Operation = { kind: 'action', name: 'Microsoft.Resources/subscriptions/resourceGroups/read' }

export type ResourceDeps = { readonly directory: Directory; readonly now: () => number }

/** Azure Resource Manager: subscriptions and resource groups, to whom a role allows them at this moment. */
export function resourceManager(request: WireRequest, seen: { caller?: string }, deps: ResourceDeps): Answer {
  const { method, path, query } = request
  const { directory } = deps
  checkApiVersion(query)
  const [first = '', id, second, group, ...more] = path.split('/').slice(1)
  const subscription = directory.subscriptions.find((each) => each.id === id?.toLowerCase())
  const session = authenticate(request, subscription, deps)
  seen.caller = session.application.clientId
  const known = [...query.keys()].every((name) => ['api-version', '$top'].includes(name))
  const groups = second === undefined || second.toLowerCase() === 'resourcegroups'
  if (method !== 'GET' || !known || first.toLowerCase() !== 'subscriptions' || !groups || more.length > 0)
    throw new Unsupported(`${method} ${path}?${query.toString()} of ${ARM_HOST}`)

  const { application } = session
  if (id === undefined) return jsonAnswer(200, subscriptionList(application, directory))
  if (subscription === undefined) throw noSubscription(id)
  if (second === undefined) {
    demand(application, READ_SUBSCRIPTION, scopeOf(subscription), directory)
    return jsonAnswer(200, shownSubscription(subscription))
  }
  return jsonAnswer(
    200,
    group === undefined
      ? groupList(application, subscription, directory)
      : oneGroup(application, subscription, group, directory),
  )
}

function checkApiVersion(query: URLSearchParams): void {
  const version = query.get('api-version')
  if (version === null || version === '')
    throw new AzureError(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    )
  if (!API_VERSIONS.includes(version))
    throw new AzureError(
      400,
      'InvalidApiVersionParameter',
      `The api-version '${version}' is invalid. The supported versions are '${API_VERSIONS.join(',')}'.`,
    )
}

/** Token, its end, its audience and the tenant of the subscription it is used on, at each use. */
function authenticate(request: WireRequest, subscription: Subscription | undefined, deps: ResourceDeps): Session {
  const now = deps.now()
  const authority = `https://login.windows.net/${subscription?.tenantId ?? ''}`
  const refused = (code: string, message: string, description = message): AzureError =>
    new AzureError(401, code, message, {
      'www-authenticate': `Bearer authorization_uri="${authority}", error="invalid_token", error_description="${description}"`,
    })
  const bearer = bearerOf(request, deps.directory, now)
  if (bearer.kind === 'missing')
    throw refused(
      'AuthenticationFailed',
      "Authentication failed. The 'Authorization' header is missing.",
      "The authentication failed because of missing 'Authorization' header.",
    )
  if (bearer.kind === 'unknown') throw refused('InvalidAuthenticationToken', 'The access token is invalid.')
  const { session } = bearer
  if (bearer.kind === 'expired')
    throw refused(
      'ExpiredAuthenticationToken',
      `The access token expiry UTC time '${usTime(session.expiresAt)}' is earlier than current UTC time '${usTime(now)}'.`,
    )
  if (!ARM_AUDIENCES.includes(session.audience))
    throw refused(
      'InvalidAuthenticationTokenAudience',
      `The access token has been obtained for wrong audience or resource '${session.audience}'. It should exactly match with one of the allowed audiences '${ARM_AUDIENCES.join("','")}'.`,
    )
  const { tenantId } = session.application
  if (subscription !== undefined && subscription.tenantId !== tenantId)
    throw refused(
      'InvalidAuthenticationTokenTenant',
      `The access token is from the wrong issuer '${issuerOf(tenantId)}'. It must match the tenant '${issuerOf(subscription.tenantId)}' associated with this subscription. Please use the authority (URL) '${authority}' to get the token.`,
    )
  return session
}

const scopeOf = ({ id }: Subscription): string => `/subscriptions/${id}`

function demand(application: Application, operation: Operation, scope: string, directory: Directory): void {
  if (!directory.allowed(application, operation, scope)) throw notAuthorized(application, operation, scope)
}

const notAuthorized = ({ clientId, objectId }: Application, { name }: Operation, scope: string): AzureError =>
  new AzureError(
    403,
    'AuthorizationFailed',
    `The client '${clientId}' with object id '${objectId}' does not have authorization to perform action '${name}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  )

function noSubscription(id: string): AzureError {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
    ? new AzureError(404, 'SubscriptionNotFound', `The subscription '${id}' could not be found.`)
    : new AzureError(
        400,
        'InvalidSubscriptionId',
        `The provided subscription identifier '${id}' is malformed or invalid.`,
      )
}

/** Nobody is refused a list of subscriptions: who may read none sees none. A role on a group inside shows the subscription, too. */
function subscriptionList(application: Application, directory: Directory) {
  const visible = directory.subscriptions.filter(
    (each) =>
      each.tenantId === application.tenantId &&
      (directory.allowed(application, READ_SUBSCRIPTION, scopeOf(each)) ||
        directory.allowedBelow(application, READ_SUBSCRIPTION, scopeOf(each))),
  )
  return { value: visible.map(shownSubscription), count: { type: 'Total', value: visible.length } }
}

function groupList(application: Application, subscription: Subscription, directory: Directory) {
  const scope = scopeOf(subscription)
  const everywhere = directory.allowed(application, READ_GROUPS, scope)
  if (!everywhere && !directory.allowedBelow(application, READ_GROUPS, scope))
    throw notAuthorized(application, READ_GROUPS, scope)
  const visible = subscription.resourceGroups.filter(({ name }) =>
    directory.allowed(application, READ_GROUPS, `${scope}/resourceGroups/${name}`),
  )
  return { value: visible.map((each) => shownGroup(each, scope)) }
}

function oneGroup(application: Application, subscription: Subscription, name: string, directory: Directory) {
  const scope = scopeOf(subscription)
  demand(application, READ_GROUPS, `${scope}/resourceGroups/${name}`, directory)
  const group = subscription.resourceGroups.find((each) => each.name.toLowerCase() === name.toLowerCase())
  if (group === undefined)
    throw new AzureError(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`)
  return shownGroup(group, scope)
}

const shownSubscription = (subscription: Subscription) => ({
  id: scopeOf(subscription),
  authorizationSource: 'RoleBased',
  managedByTenants: [],
  subscriptionId: subscription.id,
  tenantId: subscription.tenantId,
  displayName: subscription.displayName,
  state: 'Enabled',
  subscriptionPolicies: {
    locationPlacementId: 'Public_2014-09-01',
    quotaId: 'PayAsYouGo_2014-09-01',
    spendingLimit: 'Off',
  },
})

const shownGroup = ({ name, location }: Subscription['resourceGroups'][number], scope: string) => ({
  id: `${scope}/resourceGroups/${name}`,
  name,
  type: 'Microsoft.Resources/resourceGroups',
  location,
  properties: { provisioningState: 'Succeeded' },
})

/** As .NET prints it: `11/22/2026 4:05:09 AM`. */
const usTime = (ms: number): string =>
  new Date(ms).toLocaleString('en-US', { timeZone: 'UTC' }).replace(',', '').replace('\u202f', ' ')

/** CloudError, as every resource provider answers it. */
export function cloudError({ status, code, message, headers }: AzureError): Answer {
  return jsonAnswer(status, { error: { code, message } }, { 'x-ms-request-id': randomUUID(), ...headers })
}
