import { z } from 'zod'

const ID = z.string().regex(/^[a-z][a-z0-9-]{3,31}$/)
const STATE = z.enum(['active', 'disabled', 'deleted']).default('active')

/** One role for some members. `condition` is an IAM condition, `request.time` alone is known to it. */
const binding = z.strictObject({
  role: z.string(),
  members: z.array(z.string()).min(1),
  condition: z.strictObject({ title: z.string().optional(), expression: z.string() }).optional(),
})
export const policy = z.array(binding)
export type Policy = z.infer<typeof policy>

/** What the simulated organisation contains. Everything is explicit: nothing is trusted, allowed or created by default. */
export const simulatorConfig = z.strictObject({
  projects: z.array(
    z.strictObject({
      id: z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/),
      number: z.string().regex(/^[1-9]\d{0,18}$/),
      name: z.string().default(''),
      bindings: policy.default([]),
    }),
  ),
  /** Workload identity pools; `project` is the project's number, as it stands in resource names. */
  pools: z.array(
    z.strictObject({
      project: z.string(),
      id: ID,
      state: STATE,
      providers: z.array(
        z.strictObject({
          id: ID,
          state: STATE,
          /** Compared with `iss` letter by letter. */
          issuer: z.url(),
          /** Instead of the provider's own resource name; `[]` means the default. */
          allowedAudiences: z.array(z.string().min(1).max(256)).max(10).default([]),
          attributeMapping: z.record(z.string(), z.string().max(2048)),
          attributeCondition: z.string().max(4096).optional(),
        }),
      ),
    }),
  ),
  serviceAccounts: z
    .array(
      z.strictObject({
        project: z.string(),
        email: z.email(),
        disabled: z.boolean().default(false),
        /** Who may act as the account. */
        bindings: policy.default([]),
      }),
    )
    .default([]),
  buckets: z
    .array(
      z.strictObject({
        project: z.string(),
        name: z.string().regex(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/),
        objects: z.record(z.string().min(1), z.string()).default({}),
        bindings: policy.default([]),
      }),
    )
    .default([]),
  /** Permissions of custom roles, by their full name. */
  roles: z.record(z.string(), z.array(z.string())).default({}),
  /** Google takes issuers on public HTTPS only. This alone relaxes it, and for loopback addresses alone. */
  allowLoopbackIssuers: z.boolean().default(false),
  /** PEM certificates that issuers may be signed by, besides the public ones. */
  issuerCertificates: z.array(z.string()).default([]),
  /** How long discovery document and keys are remembered, by the cloud's clock. Google does not say; 5 minutes is assumed. */
  keyCacheSeconds: z.number().min(0).default(300),
  /** How far clocks may differ: `iat` and `nbf` may lie this far ahead, and a token is taken this long after its `exp`. */
  toleranceSeconds: z.number().min(0).default(60),
  /** How long a changed IAM policy takes to work, by the cloud's clock. */
  policyDelaySeconds: z.number().min(0).default(0),
})
export type SimulatorConfig = z.infer<typeof simulatorConfig>
export type SimulatorOptions = z.input<typeof simulatorConfig>
