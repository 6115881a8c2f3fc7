import { integer, list, object, oneOf, type Reader, string } from './narrow.ts'

/** Raised when a change would break an older CLI. */
export const PROTOCOL_VERSION = 1
export const DISCOVERY_PATH = '/.well-known/jit-configuration'

/** What `jit login URL` reads first: all that a CLI must know about endpoint and IdP. */
export type Discovery = {
  readonly protocol: number
  /** The endpoint's own URL, which is the `iss` of its tokens and the base of its API. */
  readonly endpoint: string
  readonly idp: {
    readonly issuer: string
    /** Own client id per flow, so that the IdP's conditional access and our policy can tell them apart. A flow without one is off. */
    readonly clients: { readonly browser?: string; readonly device?: string }
    readonly scopes: readonly string[]
  }
  /** Whose tokens a pipeline can log in with, and for whom they must be made (`aud`). Absent: pipelines cannot. */
  readonly workloads?: { readonly audience: string; readonly providers: readonly string[] }
}

export const readDiscovery: Reader<Discovery> = object(
  {
    protocol: integer,
    endpoint: string,
    idp: object({ issuer: string, clients: object({}, { browser: string, device: string }), scopes: list(string) }),
  },
  { workloads: object({ audience: string, providers: list(string) }) },
)

/** Answer of `GET /v1/health`. */
export const readHealth = object({ status: oneOf('ok') })
