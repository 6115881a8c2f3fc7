import { createHash } from 'node:crypto'
import { type Answer, jsonAnswer, type WireRequest } from '../http-exchange.ts'
import { bearerOf } from './bearer.ts'
import type { Vault } from './config.ts'
import { issuerOf, type Session } from './directory.ts'
import { AzureError, Unsupported } from './refusals.ts'
import type { ResourceDeps } from './resource-manager.ts'
import { VAULT_AUDIENCE } from './resources.ts'
import type { Operation } from './role-definitions.ts'

export const vaultHost = ({ name }: Vault): string => `${name}.vault.azure.net`

const API_VERSIONS = ['7.6', '7.5', '7.4', '7.3', '7.2', '7.1', '7.0', '2016-10-01']
const READ_METADATA: Operation = { kind: 'dataAction', name: 'Microsoft.KeyVault/vaults/secrets/readMetadata/action' }
const GET_SECRET: Operation = { kind: 'dataAction', name: 'Microsoft.KeyVault/vaults/secrets/getSecret/action' }

/** A vault with role-based access: its secrets listed and read. */
export function keyVault(request: WireRequest, vault: Vault, seen: { caller?: string }, deps: ResourceDeps): Answer {
  const { method, path, query } = request
  const version = query.get('api-version')
  if (version === null) throw new AzureError(400, 'BadParameter', 'api-version must be specified')
  if (!API_VERSIONS.includes(version)) throw new Unsupported(`the api-version ${version} of Key Vault`)
  const session = authenticate(request, vault, deps)
  seen.caller = session.application.clientId
  const [collection, name, id, ...more] = path.split('/').slice(1)
  const known = [...query.keys()].every((each) => ['api-version', 'maxresults'].includes(each))
  if (method !== 'GET' || !known || collection !== 'secrets' || more.length > 0)
    throw new Unsupported(`${method} ${path} of Key Vault`)

  if (name === undefined || name === '') {
    demand(session, READ_METADATA, vault, deps)
    return jsonAnswer(200, { value: Object.keys(vault.secrets).map((each) => shown(vault, each)), nextLink: null })
  }
  demand(session, GET_SECRET, vault, deps)
  const value = vault.secrets[name]
  if (value === undefined || (id !== undefined && id !== '' && id !== versionOf(vault, name)))
    throw new AzureError(
      404,
      'SecretNotFound',
      `A secret with (name/id) ${name}${id === undefined ? '' : `/${id}`} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command.`,
    )
  const { id: address, ...rest } = shown(vault, name)
  return jsonAnswer(200, { value, id: `${address}/${versionOf(vault, name)}`, ...rest })
}

function authenticate(request: WireRequest, vault: Vault, { directory, now }: ResourceDeps): Session {
  const tenantId = directory.subscriptions.find(({ id }) => id === vault.subscriptionId)?.tenantId ?? ''
  const refused = (message: string): AzureError =>
    new AzureError(401, 'Unauthorized', message, {
      'www-authenticate': `Bearer authorization="https://login.microsoftonline.com/${tenantId}", resource="${VAULT_AUDIENCE}"`,
    })
  const bearer = bearerOf(request, directory, now())
  if (bearer.kind === 'missing') throw refused('AKV10000: Request is missing a Bearer or PoP token.')
  if (bearer.kind === 'unknown') throw refused('AKV10046: Unable to resolve the key used for signature validation.')
  const { session } = bearer
  if (bearer.kind === 'expired') throw refused("[TokenExpired] Error validating token: 'S2S12086'.")
  if (session.audience !== VAULT_AUDIENCE)
    throw refused(`AKV10022: Invalid audience. Expected ${VAULT_AUDIENCE}, found: ${session.audience}.`)
  const issuer = issuerOf(session.application.tenantId)
  if (session.application.tenantId !== tenantId)
    throw refused(`AKV10032: Invalid issuer. Expected one of ${issuerOf(tenantId)}, found ${issuer}.`)
  return session
}

function demand({ application }: Session, operation: Operation, vault: Vault, { directory }: ResourceDeps): void {
  const resource = `/subscriptions/${vault.subscriptionId}/resourceGroups/${vault.resourceGroup}/providers/Microsoft.KeyVault/vaults/${vault.name}`
  if (directory.allowed(application, operation, resource)) return
  const { clientId, objectId, tenantId } = application
  throw new AzureError(
    403,
    'Forbidden',
    [
      'Caller is not authorized to perform action on resource.',
      'If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.',
      `Caller: appid=${clientId};oid=${objectId};iss=${issuerOf(tenantId)}`,
      `Action: '${operation.name}'`,
      `Resource: '${resource}'`,
      'Assignment: (not found)',
      'DenyAssignmentId: null',
      'DecisionReason: null ',
      `Vault: ${vault.name};location=westeurope`,
      '',
    ].join('\r\n'),
  )
}

const versionOf = (vault: Vault, name: string): string =>
  createHash('sha256').update(`${vault.name}/${name}`).digest('hex').slice(0, 32)

const shown = (vault: Vault, name: string) => ({
  id: `https://${vaultHost(vault)}/secrets/${name}`,
  attributes: {
    enabled: true,
    created: 1_700_000_000,
    updated: 1_700_000_000,
    recoveryLevel: 'Recoverable+Purgeable',
    recoverableDays: 90,
  },
  tags: {},
})

export function vaultError({ status, code, message, headers }: AzureError): Answer {
  const inner = code === 'Forbidden' ? { innererror: { code: 'ForbiddenByRbac' } } : {}
  return jsonAnswer(status, { error: { code, message, ...inner } }, headers)
}
