import { object, string } from './narrow.ts'

/** Who someone is: `issuer` + `subject` identify (OpenID Connect Core §5.7), `name` and `email` only label. */
export type Person = {
  readonly issuer: string
  readonly subject: string
  readonly name: string
  readonly email?: string
}

export const readPerson = object({ issuer: string, subject: string, name: string }, { email: string })
