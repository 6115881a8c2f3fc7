import { type Json, replaceAt, textAt, valueAt } from '../../../base/json-splice.ts'
import { isRecord, same, unreadable } from './az-json.ts'

/** The member of `azureProfile.json` that lists what `az` can use. */
export const LIST = 'subscriptions'
/** Our credentials are for the public cloud; `az` shows the entries of one cloud at a time. */
export const CLOUD = 'AzureCloud'

export type Subscription = {
  readonly index: number
  readonly id: string
  readonly name: string
  readonly cloud: string
  readonly isDefault: boolean
  readonly user: string
  readonly isServicePrincipal: boolean
}

/** Who uses which subscription, as our own entry says it. */
export type Access = { readonly id: string; readonly clientId: string }

export function subscriptionsIn(json: Json): readonly Subscription[] {
  const list = valueAt(json, [LIST])
  return Array.isArray(list) ? list.flatMap((each: unknown, index) => readSubscription(each, index) ?? []) : []
}

function readSubscription(value: unknown, index: number): Subscription | undefined {
  if (!isRecord(value)) return undefined
  const { id, name, environmentName: cloud, isDefault, user } = value
  if (typeof id !== 'string' || typeof name !== 'string' || typeof cloud !== 'string' || !isRecord(user))
    return undefined
  return {
    index,
    id,
    name,
    cloud,
    isDefault: isDefault === true,
    user: typeof user['name'] === 'string' ? user['name'] : '',
    isServicePrincipal: user['type'] === 'servicePrincipal',
  }
}

/** `az` stops at an entry that lacks one of these members, and with it at every command. */
export function assertProfile(json: Json, path = 'its list of subscriptions'): void {
  const root = valueAt(json, [])
  if (!isRecord(root)) throw unreadable(path, 'it is not an object')
  const list = root[LIST]
  if (list === undefined) return
  if (!Array.isArray(list)) throw unreadable(path, `${LIST} is not a list`)
  if (subscriptionsIn(json).length < list.length)
    throw unreadable(path, 'it has a subscription without id, name, environmentName or user')
}

export const isOf = (subscription: Subscription, { id, clientId }: Access): boolean =>
  subscription.isServicePrincipal && same(subscription.id, id) && same(subscription.user, clientId)

export const entryFor = (access: Access, tenantId: string, name: string, isDefault: boolean): string =>
  JSON.stringify({
    id: access.id,
    name,
    state: 'Enabled',
    user: { name: access.clientId, type: 'servicePrincipal' },
    isDefault,
    tenantId,
    environmentName: CLOUD,
    homeTenantId: tenantId,
    managedByTenants: [],
  })

export const defaultsIn = (json: Json): readonly Subscription[] =>
  subscriptionsIn(json).filter(({ cloud, isDefault }) => cloud === CLOUD && isDefault)

export const withDefault = (json: Json, { index }: Subscription, isDefault: boolean): Json =>
  textAt(json, [LIST, index, 'isDefault']) === undefined
    ? json
    : replaceAt(json, [LIST, index, 'isDefault'], String(isDefault))
