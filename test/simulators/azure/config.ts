import { z } from 'zod'

const GUID = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
const NAME = z.string().min(1).max(120)

/** Limits of clouds.md §4.1. `audiences` is a list in Entra's API, and takes exactly one. */
export const federatedCredential = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$/),
  issuer: z
    .string()
    .min(1)
    .max(600)
    .refine((url) => url === url.trim(), 'whitespace around an issuer'),
  subject: z.string().min(1).max(600),
  audiences: z.array(z.string().min(1).max(600)).length(1),
  description: z.string().optional(),
})
export type FederatedCredential = z.infer<typeof federatedCredential>

/** `role` is the name of a definition; `principalId` an object id, not a client id. */
export const roleAssignment = z.strictObject({
  name: GUID,
  principalId: GUID,
  role: NAME,
  scope: z.string().regex(/^\/(subscriptions\/[0-9a-f-]{36}(\/.*[^/])?)?$/),
})
export type RoleAssignment = z.infer<typeof roleAssignment>

const uniquePerApplication = (credentials: readonly FederatedCredential[]): boolean =>
  new Set(credentials.map(({ issuer, subject }) => JSON.stringify([issuer, subject]))).size === credentials.length &&
  new Set(credentials.map(({ name }) => name)).size === credentials.length

/** What the simulated tenants contain. Everything is explicit: nothing is trusted, allowed or created by default. */
export const simulatorConfig = z.strictObject({
  tenants: z.array(z.strictObject({ id: GUID, displayName: NAME, domains: z.array(z.string()).default([]) })).min(1),
  applications: z.array(
    z.strictObject({
      tenantId: GUID,
      clientId: GUID,
      /** Of the service principal: what roles are assigned to. */
      objectId: GUID,
      displayName: NAME,
      federatedCredentials: z
        .array(federatedCredential)
        .max(20)
        .refine(uniquePerApplication, 'issuer and subject, and names, are unique per application'),
      /** Application permissions of Microsoft Graph, granted by an administrator. */
      graphPermissions: z.array(z.string()).default([]),
    }),
  ),
  subscriptions: z.array(
    z.strictObject({
      id: GUID,
      tenantId: GUID,
      displayName: NAME,
      resourceGroups: z.array(z.strictObject({ name: z.string().regex(/^[\w().-]{1,90}$/), location: z.string() })),
    }),
  ),
  roleAssignments: z.array(roleAssignment),
  /** Besides the built-in ones of `role-definitions.ts`. */
  roleDefinitions: z
    .array(
      z.strictObject({
        name: NAME,
        actions: z.array(z.string()).default([]),
        notActions: z.array(z.string()).default([]),
        dataActions: z.array(z.string()).default([]),
      }),
    )
    .default([]),
  vaults: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9-]{1,22}[a-z0-9]$/),
        subscriptionId: GUID,
        resourceGroup: z.string(),
        secrets: z.record(z.string().regex(/^[0-9a-zA-Z-]{1,127}$/), z.string()),
      }),
    )
    .default([]),
  /** How long access tokens live. Absent: at random 60 to 90 minutes, as Entra does without a policy. Nobody who asks can choose. */
  tokenSeconds: z.int().min(600).max(86_400).optional(),
  /** Entra asks public HTTPS only. This alone relaxes it, and for loopback addresses alone. */
  allowLoopbackIssuers: z.boolean().default(false),
  /** PEM certificates that issuers may be signed by, besides the public ones. */
  issuerCertificates: z.array(z.string()).default([]),
  /** How long discovery document and keys are remembered, by the cloud's clock. Entra does not say; 5 minutes is assumed. */
  keyCacheSeconds: z.number().min(0).default(300),
  /** How long federated credentials and role assignments take to work, by the cloud's clock: those above as well as later changes. */
  propagationSeconds: z
    .strictObject({
      federatedCredentials: z.number().min(0).default(0),
      roleAssignments: z.number().min(0).default(0),
    })
    .prefault({}),
})
export type SimulatorConfig = z.infer<typeof simulatorConfig>
export type SimulatorOptions = z.input<typeof simulatorConfig>
export type Tenant = SimulatorConfig['tenants'][number]
export type Application = SimulatorConfig['applications'][number]
export type Subscription = SimulatorConfig['subscriptions'][number]
export type Vault = SimulatorConfig['vaults'][number]
