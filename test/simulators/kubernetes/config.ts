import { z } from 'zod'

const NAME = z.string().min(1)
const mapped = z.union([z.strictObject({ claim: NAME, prefix: z.string() }), z.strictObject({ expression: NAME })])
const audiencesMatch = ({
  audiences,
  audienceMatchPolicy,
}: {
  readonly audiences: readonly string[]
  readonly audienceMatchPolicy?: string | undefined
}): boolean => audiences.length === 1 || audienceMatchPolicy === 'MatchAny'

const jwtAuthenticator = z.strictObject({
  issuer: z
    .strictObject({
      url: z.string().regex(/^https?:\/\//),
      discoveryURL: z.string().optional(),
      /** PEM. */
      certificateAuthority: z.string().optional(),
      audiences: z.array(NAME).min(1),
      audienceMatchPolicy: z.literal('MatchAny').optional(),
    })
    .refine(audiencesMatch, 'audienceMatchPolicy must be MatchAny for multiple audiences'),
  claimValidationRules: z
    .array(
      z.union([
        z.strictObject({ claim: NAME, requiredValue: z.string().default('') }),
        z.strictObject({ expression: NAME, message: z.string().optional() }),
      ]),
    )
    .default([]),
  claimMappings: z.strictObject({
    username: mapped,
    groups: mapped.optional(),
    uid: z.union([z.strictObject({ claim: NAME }), z.strictObject({ expression: NAME })]).optional(),
    extra: z
      .array(z.strictObject({ key: z.string().regex(/^[a-z0-9.-]+\/[^A-Z]+$/), valueExpression: NAME }))
      .default([]),
  }),
  userValidationRules: z.array(z.strictObject({ expression: NAME, message: z.string().optional() })).default([]),
})
export type JwtAuthenticator = z.infer<typeof jwtAuthenticator>

const uniqueIssuers = (all: readonly JwtAuthenticator[]): boolean =>
  new Set(all.map(({ issuer }) => issuer.url)).size === all.length

/** The file of `--authentication-config` as it is (kubernetes.io/docs/reference/access-authn-authz/authentication). */
export const authenticationConfiguration = z.strictObject({
  apiVersion: z.enum(['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1']),
  kind: z.literal('AuthenticationConfiguration'),
  jwt: z.array(jwtAuthenticator).max(64).refine(uniqueIssuers, 'issuer.url is unique'),
})

/** Who of the named users or groups may do what. As with RBAC there is no deny, and `*` stands for all. */
export const permission = z.strictObject({
  users: z.array(NAME).default([]),
  groups: z.array(NAME).default([]),
  apiGroups: z.array(z.string()).default(['']),
  /** Plural, with the subresource where one is meant: `pods`, `pods/log`. */
  resources: z.array(NAME).min(1),
  verbs: z.array(NAME).min(1),
  /** Absent: in all, and what is in none. */
  namespaces: z.array(NAME).optional(),
})
export type Permission = z.infer<typeof permission>

/** What the simulated cluster contains. Nobody may anything but what is written here and what every cluster lets everybody see. */
export const simulatorConfig = z.strictObject({
  port: z.int().min(0).max(65535).default(0),
  /** PEM. */
  tls: z.strictObject({ key: z.string(), cert: z.string() }),
  authentication: authenticationConfiguration,
  permissions: z.array(permission),
  namespaces: z.array(NAME).default(['default']),
  pods: z.array(z.strictObject({ namespace: NAME, name: NAME })).default([]),
  /** An API server takes https issuers only. This alone relaxes it, and for loopback addresses alone. */
  allowLoopbackIssuers: z.boolean().default(false),
  /** How long keys are remembered where nothing in a token asks for newer ones. */
  keyCacheSeconds: z.number().min(0).default(86_400),
  /** How long a token that was good is taken without another look. Ten seconds in every API server. */
  tokenCacheSeconds: z.number().min(0).default(10),
})
export type SimulatorConfig = z.infer<typeof simulatorConfig>
export type SimulatorOptions = z.input<typeof simulatorConfig>
