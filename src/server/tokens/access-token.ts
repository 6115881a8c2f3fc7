import { z } from 'zod'
import { LOGIN_FLOWS } from '../../contract/request.ts'
import type { Caller } from '../approvals/types.ts'

export const ACCESS_TOKEN_TYPE = 'at+jwt'

/** The caller without what each call proves anew. */
export type Holder = Omit<Caller, 'address'>

const workload = z.object({
  provider: z.string(),
  pipelines: z.array(z.string()).min(1),
  claims: z.record(z.string(), z.string()),
  run: z.string().exactOptional(),
})

/** Claims of RFC 9068 §2.2, plus the IdP that `sub` belongs to and what policy asks about the login. */
const shape = z.object({
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
  workload: workload.exactOptional(),
})
/** A job is never taken for a person, nor the other way round. */
const claims = shape.refine((read) => (read.flow === 'workload') === (read.workload !== undefined))

export function accessClaims(holder: Holder): Readonly<Record<string, unknown>> {
  const { person, groups, flow, amr, acr, authTime, jkt, workload } = holder
  const { subject, issuer, name, email } = person
  return {
    client_id: `jit-${flow}`,
    ...({ sub: subject, idp: issuer, name, groups: [...groups], flow, amr: [...amr], cnf: { jkt } } satisfies z.infer<
      typeof shape
    >),
    ...(email === undefined ? {} : { email }),
    ...(acr === undefined ? {} : { acr }),
    ...(authTime === undefined ? {} : { auth_time: authTime }),
    ...(workload === undefined ? {} : { workload }),
  }
}

/** Throws where the claims are not those of {@link accessClaims}. */
export function readAccessClaims(payload: unknown): Holder {
  const { sub, idp, name, email, groups, flow, amr, acr, auth_time, cnf, workload } = claims.parse(payload)
  return {
    person: { issuer: idp, subject: sub, name, ...(email === undefined ? {} : { email }) },
    groups,
    flow,
    amr,
    ...(acr === undefined ? {} : { acr }),
    ...(auth_time === undefined ? {} : { authTime: auth_time }),
    ...(workload === undefined ? {} : { workload }),
    jkt: cnf.jkt,
  }
}
