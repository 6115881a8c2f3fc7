/**
 * The Cedar id of a person: `https://idp.corp.example#00u1abcd`. An issuer is a URL without fragment
 * (OpenID Connect Discovery §3), so the first `#` always ends it and two people never share an id.
 */
export function personId({ issuer, subject }: { readonly issuer: string; readonly subject: string }): string {
  if (issuer.includes('#')) throw new Error('An issuer with a fragment names nobody.')
  return `${issuer}#${subject}`
}

export const PERSON_ID = /^https?:\/\/[^#\s]+#[\s\S]+$/

/** The same for jobs, whose issuer may be a SPIFFE trust domain. */
export const WORKLOAD_ID = /^(?:https?|spiffe):\/\/[^#\s]+#[\s\S]+$/

/** The part that a person may recognise: what the IdP calls the subject. */
export const subjectOf = (id: string): string => id.slice(id.indexOf('#') + 1)
