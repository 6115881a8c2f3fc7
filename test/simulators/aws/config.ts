import { z } from 'zod'

const ACCOUNT = z.string().regex(/^\d{12}$/)

/** What the simulated accounts contain. Everything is explicit: nothing is trusted, allowed or created by default. */
export const simulatorConfig = z.strictObject({
  port: z.int().min(0).max(65535).default(0),
  /** IAM OpenID Connect providers. `url` is compared with `iss` letter by letter. */
  providers: z.array(
    z.strictObject({
      account: ACCOUNT,
      url: z.string().max(255),
      clientIds: z.array(z.string().min(1).max(255)).max(100),
    }),
  ),
  roles: z.array(
    z.strictObject({
      account: ACCOUNT,
      name: z.string().regex(/^[\w+=,.@-]{1,64}$/),
      path: z
        .string()
        .regex(/^\/([\x21-\x7e]+\/)?$/)
        .default('/'),
      maxSessionSeconds: z.int().min(3600).max(43200).default(3600),
      trust: z.unknown(),
      /** Inline policies by name. */
      policies: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
  buckets: z
    .array(
      z.strictObject({
        account: ACCOUNT,
        name: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
        objects: z.record(z.string().min(1), z.string()).default({}),
      }),
    )
    .default([]),
  /** AWS takes issuers on public HTTPS only. This alone relaxes it, and for loopback addresses alone. */
  allowLoopbackIssuers: z.boolean().default(false),
  /** PEM certificates that issuers may be signed by, besides the public ones. */
  issuerCertificates: z.array(z.string()).default([]),
  /** How long discovery document and keys are remembered, by the cloud's clock. AWS does not say; 5 minutes is assumed. */
  keyCacheSeconds: z.number().min(0).default(300),
  /** How long a changed role policy takes to work, by the cloud's clock. */
  policyDelaySeconds: z.number().min(0).default(0),
})
export type SimulatorConfig = z.infer<typeof simulatorConfig>
export type SimulatorOptions = z.input<typeof simulatorConfig>
