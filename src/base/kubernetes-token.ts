import { instant, object, type Reader, string } from '../contract/narrow.ts'

/** Name of the file in the lease's own directory that holds the token, sealed or not. */
export const KUBERNETES_TOKEN_FILE = 'kubernetes-token.json'

/** What lies in it: `status` of the ExecCredential that kubectl is given (client-go, `client.authentication.k8s.io/v1`). */
export type HeldToken = { readonly token: string; readonly expirationTimestamp: string }

export const readHeldToken: Reader<HeldToken> = object({ token: string, expirationTimestamp: instant })

/** In the entry of the plugin: tells its process whose call it is, and marks a user whose extensions another program has dropped. */
export const LEASE_VARIABLE = 'JIT_LEASE'
