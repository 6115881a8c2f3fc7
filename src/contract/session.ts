import { integer, list, object, oneOf, type Reader, string } from './narrow.ts'
import { type Person, readPerson } from './person.ts'
import { LOGIN_FLOWS, type LoginFlow } from './request.ts'

/** Body of `POST /v1/sessions`: a fresh ID token of the IdP, or a workload's own token; the DPoP proof on the call says which key the answer is for. */
export type SessionCall = { readonly idToken: string }

/** The endpoint's own short access token (RFC 9068), bound to the caller's DPoP key (RFC 9449 §6). */
export type SessionAnswer = { readonly accessToken: string; readonly expiresInSeconds: number; readonly me: Me }

/** Who the endpoint takes the caller for. */
export type Me = {
  readonly person: Person
  readonly groups: readonly string[]
  readonly flow: LoginFlow
  /** Of a workload: the pipelines of the configuration that its token matched. */
  readonly pipelines?: readonly string[]
}

const readMe: Reader<Me> = object(
  { person: readPerson, groups: list(string), flow: oneOf(...LOGIN_FLOWS) },
  { pipelines: list(string) },
)
export { readMe }
export const readSessionAnswer: Reader<SessionAnswer> = object({
  accessToken: string,
  expiresInSeconds: integer,
  me: readMe,
})
