import { JitError } from '../../../base/errors.ts'

/** Answer of an executable that Google's libraries ask for a subject token (google.aip.dev/auth/4117, "Executable-sourced credentials"). */
export type GcpExecutableAnswer =
  | {
      readonly version: 1
      readonly success: true
      readonly token_type: 'urn:ietf:params:oauth:token-type:jwt'
      readonly id_token: string
      /** Unix seconds. */
      readonly expiration_time: number
    }
  | { readonly version: 1; readonly success: false; readonly code: string; readonly message: string }

/** `endsAt`: when the subject token, or the lease, ends; ms since 1970. */
export type SubjectToken = { readonly subjectToken: string; readonly endsAt: number }

/**
 * What `jit gcp-credential TARGET` prints on one line, with exit code 0 in both cases: the libraries show `code` and `message` of
 * a failure to their user, and would show nothing but the exit code otherwise.
 */
export const gcpExecutableAnswer = (found: SubjectToken | JitError): GcpExecutableAnswer =>
  found instanceof JitError
    ? { version: 1, success: false, code: found.code, message: `jit: ${found.message} ${found.hint}`.trim() }
    : {
        version: 1,
        success: true,
        token_type: 'urn:ietf:params:oauth:token-type:jwt',
        id_token: found.subjectToken,
        expiration_time: Math.floor(found.endsAt / 1000),
      }
