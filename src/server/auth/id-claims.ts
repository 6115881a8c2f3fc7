import { z } from 'zod'
import { terminalText } from '../../base/terminal-text.ts'
import type { Person } from '../../contract/person.ts'
import { Refusal } from '../refusal.ts'

const MAX_GROUPS = 500
/** All groups together must fit into the access token, and that into a header. */
const MAX_GROUP_CHARACTERS = 10_000

const label = (max: number) => z.string().transform((text) => terminalText(text).trim().slice(0, max))
const idClaims = z.looseObject({
  iss: z.string(),
  sub: z.string().min(1).max(255),
  aud: z.union([z.string(), z.array(z.string()).min(1)]),
  azp: z.string().optional(),
  iat: z.number(),
  nonce: z.string().optional(),
  name: label(200).optional(),
  preferred_username: label(200).optional(),
  email: label(254).optional(),
  email_verified: z.union([z.boolean(), z.string()]).optional(),
  amr: z.array(z.string().max(100)).max(20).optional(),
  acr: z.string().max(200).optional(),
  auth_time: z.number().transform(Math.floor).optional(),
})
const groupsClaim = z.union([z.array(z.string().max(256)).max(MAX_GROUPS), z.string().max(256)])

/** The claims of an ID token that we use; others stay reachable by name. */
export type IdClaims = z.infer<typeof idClaims>

/** Throws where a claim has another type than OpenID Connect Core §2 and §5.1 say. */
export const readIdClaims = (payload: unknown): IdClaims => idClaims.parse(payload)

/** An address that the IdP says it did not verify could be anybody's, so it is no label either. */
export function personOf({ iss, sub, name, preferred_username, email, email_verified }: IdClaims): Person {
  const verified = email_verified === false || email_verified === 'false' ? undefined : email
  return {
    issuer: iss,
    subject: sub,
    name: [name, preferred_username, verified].find((each) => each !== undefined && each !== '') ?? sub,
    ...(verified === undefined || verified === '' ? {} : { email: verified }),
  }
}

/**
 * Groups by the configured claim; one string counts as one group, no claim as none. Refuses where the IdP left groups out
 * (Entra's overage, OpenID Connect Core §5.6.2): a policy that forbids by group would not see them.
 */
export function readGroups(claims: IdClaims, name: string): readonly string[] {
  const elsewhere = z.looseObject({}).safeParse(claims['_claim_names'])
  if (claims['hasgroups'] === true || (elsewhere.success && Object.hasOwn(elsewhere.data, name))) throw tooMany()
  const value = Object.hasOwn(claims, name) ? claims[name] : []
  const parsed = groupsClaim.safeParse(value)
  if (!parsed.success) {
    if (Array.isArray(value) && value.length > MAX_GROUPS) throw tooMany()
    throw new Refusal('invalid_token', `The claim ${name} of the ID token is no list of groups.`, undefined, {
      cause: parsed.error,
    })
  }
  const groups = typeof parsed.data === 'string' ? [parsed.data] : parsed.data
  if (groups.join('').length > MAX_GROUP_CHARACTERS) throw tooMany()
  return [...new Set(groups)]
}

const tooMany = (): Refusal =>
  new Refusal(
    'denied',
    'The identity provider did not list all your groups: there are too many.',
    'Let it send only the groups that are assigned to this application.',
  )
