import {
  FOREIGN_CLIENT,
  FOREIGN_SUBJECT,
  IDLE_CLIENT,
  IDLE_SUBJECT,
  OTHER_TENANT,
  SUBSCRIPTION,
  VAULT_HOST,
} from '../../../support/azure-account.ts'
import type { CloudReply } from '../../../support/cloud-call.ts'
import { ARM, ARM_SCOPE, type Defect, type World } from './world.ts'

export const GRAPH = 'https://graph.microsoft.com/v1.0/organization'
export const VAULT = `https://${VAULT_HOST}/secrets?api-version=7.4`
export const GROUPS = `${ARM}/subscriptions/${SUBSCRIPTION}/resourcegroups?api-version=2022-09-01`
export const SUBSCRIPTIONS = `${ARM}/subscriptions?api-version=2022-12-01`
export const SCOPES = {
  arm: ARM_SCOPE,
  vault: 'https://vault.azure.net/.default',
  graph: 'https://graph.microsoft.com/.default',
  storage: 'https://storage.azure.com/.default',
}
export const IDLE: Defect = { form: { client_id: IDLE_CLIENT }, claims: { sub: IDLE_SUBJECT } }
export const FOREIGN: Defect = {
  tenant: OTHER_TENANT,
  form: { client_id: FOREIGN_CLIENT },
  claims: { sub: FOREIGN_SUBJECT },
}
export const asked = (url: string, token: string, at: World): Promise<CloudReply> =>
  at.server.call(url, { headers: { authorization: `Bearer ${token}` } })
export const errorOf = ({ json }: CloudReply): { readonly code: unknown; readonly message: string } => {
  const error: unknown = json['error']
  if (typeof error !== 'object' || error === null || !('message' in error) || !('code' in error))
    throw new Error('no error')
  return { code: error.code, message: String(error.message) }
}
export const names = ({ json }: CloudReply): unknown =>
  Array.isArray(json['value']) ? json['value'].map((each: unknown) => Object(each).name ?? Object(each).id) : json
