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
}

export type ConfiguredTarget = {
  readonly name: string
  readonly description?: string
  readonly maxDurationSeconds: number
  /** Free labels that policy can test: `resource.labels.contains("env=prod")`. */
  readonly labels: readonly string[]
  readonly aws?: AwsAccess
}

export type AwsAccess = {
  readonly roleArn: string
  readonly account: string
  readonly region: string
  readonly profile: string
  /** The role's `MaxSessionDuration`, 3600–43200 s. */
  readonly maxSessionSeconds: number
  /** Narrows the session: statements that are put into the session policy instead of Allow-all. */
  readonly sessionPolicy?: Readonly<Record<string, unknown>>
}
