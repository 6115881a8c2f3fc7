import type { WireRequest } from '../http-exchange.ts'
import type { Directory, Session } from './directory.ts'

/** What an Authorization header holds. `audience` and tenant are the services' own business. */
export type Bearer =
  | { readonly kind: 'missing' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired' | 'valid'; readonly session: Session }

export function bearerOf({ headers }: WireRequest, directory: Directory, now: number): Bearer {
  const header = headers['authorization']
  if (header === undefined) return { kind: 'missing' }
  const session = directory.session(/^Bearer (\S+)$/i.exec(header)?.[1] ?? '')
  if (session === undefined) return { kind: 'unknown' }
  return { kind: now < session.expiresAt ? 'valid' : 'expired', session }
}
