import type { ChannelRule } from '../../contract/grant.ts'

/** Paths are absolute, durations in seconds, defaults filled in. */
export type Config = {
  /** `https://…` without a trailing slash: the `iss` of every token, and the base of the API. */
  readonly endpoint: string
  readonly listen: {
    readonly host: string
    readonly port: number
    readonly tls?: { readonly certificate: string; readonly key: string }
  }
  /** Addresses of reverse proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[]
  readonly store:
    | { readonly kind: 'sqlite'; readonly path: string }
    | { readonly kind: 'postgres'; readonly url: string }
  readonly idp: {
    readonly issuer: string
    readonly clients: { readonly browser?: string; readonly device?: string }
    readonly scopes: readonly string[]
    /** Claim of the ID token that lists groups. */
    readonly groupsClaim: string
  }
  readonly session: { readonly accessTokenSeconds: number }
  readonly requests: { readonly pendingSeconds: number }
  readonly policyFiles: readonly string[]
  readonly targets: readonly ConfiguredTarget[]
  readonly aws: { readonly audience: string; readonly stsEndpoint?: string }
  /** Absent: pipelines cannot log in. */
  readonly workloads?: Workloads
}

/** Whose tokens jobs of pipelines log in with, and which jobs make up which pipeline. */
export type Workloads = {
  /** The only `aud` that a token may have, where its provider lets the job choose. */
  readonly audience: string
  readonly issuers: readonly WorkloadIssuer[]
  readonly pipelines: readonly Pipeline[]
}

export type WorkloadIssuer = {
  /** By which pipelines name it. */
  readonly name: string
  /** The preset: `github`, `gitlab` … `pinned`. */
  readonly provider: string
  /** `iss` of its tokens; of SPIFFE the trust domain, `spiffe://corp.example`. */
  readonly issuer: string
  readonly audience: string
  readonly keys: IssuerKeys
  /** Longest life of a token, from `iat` to `exp`. */
  readonly maxTokenSeconds: number
  readonly tokens: TokenRules
}

/** Where the keys of an issuer are read. A `file` has become a `set` once the configuration is loaded. */
export type IssuerKeys =
  | { readonly from: 'discovery' }
  | { readonly from: 'url'; readonly url: string }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'set'; readonly keys: readonly PublicJwk[] }

export type PublicJwk = { readonly kty: string; readonly [member: string]: unknown }

/** What tokens of one provider must be like. Nested claims are named by their path: `kubernetes.io/namespace`. */
export type TokenRules = {
  readonly algorithms: readonly string[]
  /** Claims that must be there, as text. */
  readonly required: readonly string[]
  readonly events?: EventRules
  /** Claims that together name the run which a job belongs to; none where the provider knows no runs. */
  readonly run: readonly string[]
  /** What people see: claims in braces. Where one is missing, the subject. */
  readonly label: string
  /** JWT-SVID: the trust domain of `sub` says who issued it, `iat` may be missing, and a key set says which keys are for it. */
  readonly spiffe?: true
}

/** What started the job, as far as its token tells. */
export type EventRules = {
  /** The claim that says so; without one every job counts as the first of `usual`. */
  readonly claim?: string
  /** What a pipeline takes that names no events: what only people who may write to the repository can start. */
  readonly usual: readonly string[]
  /** Where a claim looks like this, the job is of that event, whatever else is said. */
  readonly signs: readonly { readonly claim: string; readonly pattern: RegExp; readonly event: string }[]
  /** Without this claim nobody can tell, so it counts as that event. */
  readonly unsaid?: { readonly claim: string; readonly event: string }
}

export type Pipeline = {
  readonly name: string
  /** {@link WorkloadIssuer.name} */
  readonly issuer: string
  /** Every claim must be one of these texts, exactly. */
  readonly match: Readonly<Record<string, readonly string[]>>
  /** Those of `match` that nobody else can ever have: ids, not names. */
  readonly ids: readonly string[]
  readonly events: readonly string[]
}

export type ConfiguredTarget = {
  readonly name: string
  readonly description?: string
  readonly maxDurationSeconds: number
  /** Free labels that policy can test: `resource.labels.contains("env=prod")`. */
  readonly labels: readonly string[]
  /** Length of one slice of a long grant: after it a client must ask again. Kubernetes has its own. */
  readonly renewEverySeconds: number
  /** What a machine does that hears nothing from the endpoint. Absent: it goes by the end that it knows. */
  readonly channel?: ChannelRule
  readonly aws?: AwsAccess
  readonly gcp?: GcpAccess
  readonly azure?: AzureAccess
  readonly kubernetes?: KubernetesAccess
}

export type AwsAccess = {
  readonly roleArn: string
  readonly account: string
  readonly region: string
  readonly profile: string
  /** The role's `MaxSessionDuration`, 3600–43200 s. */
  readonly maxSessionSeconds: number
  /** Narrows the session: statements that are put into the session policy instead of Allow-all. */
  readonly sessionPolicy?: readonly SessionStatement[]
}

export type GcpAccess = {
  readonly project: string
  /** `projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>` */
  readonly provider: string
  readonly profile: string
  readonly region?: string
  /** Email of the service account that is impersonated; absent: the federated identity itself has the roles. */
  readonly serviceAccount?: string
  /** What the Terraform of `trust gcp` grants. */
  readonly roles: readonly string[]
}

/** GUIDs in lower case. */
export type AzureAccess = {
  readonly tenant: string
  readonly client: string
  readonly subscription: string
  readonly subscriptionName: string
  readonly profile: string
  /** Name of the role, and the ARM scope at which the application has it. */
  readonly role: string
  readonly scope: string
  /** Audiences beside Azure Resource Manager, without a trailing slash. */
  readonly resources: readonly string[]
}

export type KubernetesAccess = {
  readonly cluster: string
  readonly server: string
  readonly audience: string
  readonly groups: readonly string[]
  readonly profile: string
  readonly namespace?: string
  /** PEM. */
  readonly certificateAuthority?: string
  readonly renewEverySeconds: number
}

/** One statement of an IAM session policy, checked for its members only. */
export type SessionStatement = Readonly<Record<string, unknown>>

/** One thing that is wrong in a file which the administrator wrote. `line` counts from 1; `message` is one sentence and names the field or policy. */
export type Fault = { readonly file: string; readonly line?: number; readonly message: string }

export const renderFault = ({ file, line, message }: Fault): string =>
  line === undefined ? `${file}: ${message}` : `${file}:${line}: ${message}`

/** Everything that is wrong in configuration and policy at once, so that nobody has to fix and start again line by line. */
export class ConfigurationError extends Error {
  readonly faults: readonly Fault[]
  /** `options.cause`: why the configuration itself could not be read. */
  constructor(faults: readonly Fault[], options?: ErrorOptions) {
    super(faults.map(renderFault).join('\n'), options)
    this.name = 'ConfigurationError'
    this.faults = faults
  }
}
