import type { z } from '@hono/zod-openapi'
import { problem } from '../schemas/problem.ts'

const refused = {
  description: 'Refused (RFC 9457); `code` says why',
  content: { 'application/problem+json': { schema: problem } },
}

/** Responses of a route that answers with `schema`, or with a problem. */
export const answers = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  200: { description, content: { 'application/json': { schema } } },
  default: refused,
})

/** A JSON body. `required`, because the validator skips a body of another type where it is not. */
export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true,
  content: { 'application/json': { schema } },
})

/** Every call but the first of a login is made with a DPoP-bound access token (RFC 9449 §7.1). */
export const loggedIn = [{ dpop: [] }]
