import { z } from 'zod'
import { LOGIN_FLOWS } from '../../contract/request.ts'
import type { Caller } from '../approvals/types.ts'

export const ACCESS_TOKEN_TYPE = 'at+jwt'

/** The caller without what each call proves anew. */
export type Holder = Omit<Caller, 'address'>

/** Claims of RFC 9068 §2.2, plus the IdP that `sub` belongs to and what policy asks about the login. */
const claims = z.object({
  sub: z.string(),
  idp: z.string(),
  name: z.string(),
  email: z.string().exactOptional(),
  groups: z.array(z.string()),
  flow: z.enum(LOGIN_FLOWS),
  amr: z.array(z.string()),
  acr: z.string().exactOptional(),
  auth_time: z.number().int().exactOptional(),
  cnf: z.object({ jkt: z.string() }),
})

export function accessClaims(holder: Holder): Readonly<Record<string, unknown>> {
  const { person, groups, flow, amr, acr, authTime, jkt } = holder
  const { subject, issuer, name, email } = person
  return {
    client_id: `jit-${flow}`,
    ...({ sub: subject, idp: issuer, name, groups: [...groups], flow, amr: [...amr], cnf: { jkt } } satisfies z.infer<
      typeof claims
    >),
    ...(email === undefined ? {} : { email }),
    ...(acr === undefined ? {} : { acr }),
    ...(authTime === undefined ? {} : { auth_time: authTime }),
  }
}

/** Throws where the claims are not those of {@link accessClaims}. */
export function readAccessClaims(payload: unknown): Holder {
  const { sub, idp, name, email, groups, flow, amr, acr, auth_time, cnf } = claims.parse(payload)
  return {
    person: { issuer: idp, subject: sub, name, ...(email === undefined ? {} : { email }) },
    groups,
    flow,
    amr,
    ...(acr === undefined ? {} : { acr }),
    ...(auth_time === undefined ? {} : { authTime: auth_time }),
    jkt: cnf.jkt,
  }
}
