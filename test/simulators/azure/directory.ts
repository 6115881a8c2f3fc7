import { randomBytes, randomInt } from 'node:crypto'
import { createDelayed } from '../delayed.ts'
import {
  type Application,
  type FederatedCredential,
  federatedCredential,
  type RoleAssignment,
  roleAssignment,
  type SimulatorConfig,
  type Tenant,
} from './config.ts'
import type { Resource } from './resources.ts'
import { allows, BUILT_IN_ROLES, type Operation } from './role-definitions.ts'

/** What an access token stands for. `audience` is spelled as it was asked for. */
export type Session = {
  readonly application: Application
  readonly resource: Resource['name']
  readonly audience: string
  readonly issuedAt: number
  readonly expiresAt: number
  /** Of Microsoft Graph, fixed when the token was issued. */
  readonly permissions: readonly string[]
}

export const issuerOf = (tenantId: string): string => `https://sts.windows.net/${tenantId}/`

const MINUTE = 60
/** Entra's range without a token lifetime policy (clouds.md §4.2). */
const [SHORTEST, LONGEST] = [60 * MINUTE, 90 * MINUTE]
/** Of a token for a client that can handle claims challenges, where the resource knows them: Microsoft Graph alone. */
const CONTINUOUS_SECONDS = 24 * 60 * MINUTE

/** Tenants, applications, role assignments and the access tokens in circulation. */
export function createDirectory(config: SimulatorConfig, now: () => number) {
  checkReferences(config)
  const started = now()
  const sessions = new Map<string, Session>()
  const delays = {
    federatedCredentials: config.propagationSeconds.federatedCredentials * 1000,
    roleAssignments: config.propagationSeconds.roleAssignments * 1000,
  }
  const federated = new Map(
    config.applications.map(({ clientId, federatedCredentials }) => [
      clientId,
      createDelayed<readonly FederatedCredential[]>(
        federatedCredentials,
        started + delays.federatedCredentials,
        [],
        now,
      ),
    ]),
  )
  const assignments = createDelayed<readonly RoleAssignment[]>(
    config.roleAssignments,
    started + delays.roleAssignments,
    [],
    now,
  )
  const roles = new Map([...BUILT_IN_ROLES, ...config.roleDefinitions].map((role) => [role.name, role]))
  const credentialsOf = (clientId: string) => {
    const known = federated.get(clientId)
    if (known === undefined) throw new Error(`no application ${clientId}`)
    return known
  }

  const assigned = (principalId: string, operation: Operation): readonly RoleAssignment[] =>
    assignments.current().filter((assignment) => {
      const role = roles.get(assignment.role)
      return assignment.principalId === principalId && role !== undefined && allows(role, operation)
    })

  return {
    subscriptions: config.subscriptions,
    vaults: config.vaults,
    /** By GUID or domain. */
    tenant: (name: string): Tenant | undefined =>
      config.tenants.find(({ id, domains }) => id === name.toLowerCase() || domains.includes(name.toLowerCase())),
    application: (clientId: string, tenantId: string): Application | undefined =>
      config.applications.find((each) => each.clientId === clientId.toLowerCase() && each.tenantId === tenantId),
    federatedCredentials: (clientId: string): readonly FederatedCredential[] => credentialsOf(clientId).current(),
    session: (token: string): Session | undefined => sessions.get(token),

    /** An access token as Entra makes them: as long as Entra likes. `continuous`: the client said it handles claims challenges. */
    issue(of: Pick<Session, 'application' | 'resource' | 'audience'>, continuous: boolean) {
      const seconds =
        continuous && of.resource === 'graph'
          ? CONTINUOUS_SECONDS
          : (config.tokenSeconds ?? randomInt(SHORTEST, LONGEST + 1))
      const token = `eyJ0${randomBytes(24).toString('base64url')}.${randomBytes(900).toString('base64url')}.${randomBytes(256).toString('base64url')}`
      const permissions = of.resource === 'graph' ? of.application.graphPermissions : []
      sessions.set(token, { ...of, permissions, issuedAt: now(), expiresAt: now() + seconds * 1000 })
      return { token, seconds }
    },

    /** Whether roles assigned at `scope` or above it, as they work now, allow `operation`. */
    allowed: ({ objectId }: Application, operation: Operation, scope: string): boolean =>
      assigned(objectId, operation).some((assignment) => within(scope, assignment.scope)),
    /** Whether roles assigned at `scope` or below it do. */
    allowedBelow: ({ objectId }: Application, operation: Operation, scope: string): boolean =>
      assigned(objectId, operation).some((assignment) => within(assignment.scope, scope)),

    addFederatedCredential: (clientId: string, credential: FederatedCredential): void => {
      const added = federatedCredential.parse(credential)
      credentialsOf(clientId).change((all) => [...all, added], delays.federatedCredentials)
    },
    removeFederatedCredential: (clientId: string, name: string): void => {
      credentialsOf(clientId).change((all) => all.filter((each) => each.name !== name), delays.federatedCredentials)
    },
    addRoleAssignment: (assignment: RoleAssignment): void => {
      const added = roleAssignment.parse(assignment)
      if (!roles.has(added.role)) throw new Error(`no role ${added.role}`)
      assignments.change((all) => {
        if (all.some((each) => each.name === added.name)) throw new Error(`role assignment ${added.name} exists`)
        return [...all, added]
      }, delays.roleAssignments)
    },
    removeRoleAssignment: (name: string): void => {
      assignments.change((all) => {
        if (!all.some((each) => each.name === name)) throw new Error(`no role assignment ${name}`)
        return all.filter((each) => each.name !== name)
      }, delays.roleAssignments)
    },
    setPropagation: (kind: keyof typeof delays, seconds: number): void => {
      delays[kind] = seconds * 1000
    },
  }
}
export type Directory = ReturnType<typeof createDirectory>

/** Scopes are paths, compared by whole segments and without regard to case. */
function within(scope: string, outer: string): boolean {
  const [inner, around] = [scope.toLowerCase(), outer.toLowerCase()]
  return around === '/' || inner === around || inner.startsWith(`${around}/`)
}

/** A configuration that names what it does not contain would test nothing. */
function checkReferences(config: SimulatorConfig): void {
  const tenants = new Set(config.tenants.map(({ id }) => id))
  const principals = new Set(config.applications.map(({ objectId }) => objectId))
  const subscriptions = new Set(config.subscriptions.map(({ id }) => id))
  const roles = new Set([...BUILT_IN_ROLES, ...config.roleDefinitions].map(({ name }) => name))
  for (const { tenantId } of [...config.applications, ...config.subscriptions])
    if (!tenants.has(tenantId)) throw new Error(`no tenant ${tenantId}`)
  for (const { principalId, role } of config.roleAssignments) {
    if (!principals.has(principalId)) throw new Error(`no principal ${principalId}`)
    if (!roles.has(role)) throw new Error(`no role ${role}`)
  }
  for (const { subscriptionId } of config.vaults)
    if (!subscriptions.has(subscriptionId)) throw new Error(`no subscription ${subscriptionId}`)
}
