import type { Person } from '../../contract/person.ts'

/** STS: `RoleSessionName` is 2–64 of these. */
const MAX_LENGTH = 64
const FOREIGN = /[^\w+=,.@-]+/g

/**
 * `alice@corp.example-g_01h…`: CloudTrail's `userIdentity.arn` then names person and grant. Unique, because the grant's id is whole;
 * the person, which only labels, is cut to what is left. One grant keeps one name through all renewals, so `aws:userid` can revoke it.
 */
export function sessionName(person: Pick<Person, 'name' | 'email'>, grantId: string): string {
  if (!/^[\w+=,.@-]{2,48}$/.test(grantId)) throw new RangeError('A grant id must be 2–48 of [A-Za-z0-9_+=,.@-].')
  const who = awsSafe(person.email ?? person.name).slice(0, MAX_LENGTH - grantId.length - 1)
  return `${trimmed(who) || 'user'}-${grantId}`
}

/** Letters keep their base (é → e); runs of anything else that AWS does not take become one hyphen. */
function awsSafe(text: string): string {
  return trimmed(text.normalize('NFKD').replace(/\p{M}/gu, '').replace(FOREIGN, '-'))
}

const trimmed = (text: string): string => text.replace(/^[-.,=+]+|[-.,=+]+$/g, '')
