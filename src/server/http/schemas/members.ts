import { z } from '@hono/zod-openapi'
import { INSTANT, isInstant } from '../../../contract/narrow.ts'
import type { Person } from '../../../contract/person.ts'
import { LONGEST_TEXT } from '../../../contract/plain-text.ts'
import { TARGET_NAME } from '../../../contract/target.ts'
import { shapeOf } from '../same-shape.ts'

export const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly()

/** May be absent, never `undefined` (`exactOptionalPropertyTypes`); JSON has no `undefined`, so both parse alike. The OpenAPI generator only knows `optional`. */
export const maybe = <S extends z.ZodType>(schema: S): z.ZodExactOptional<S> =>
  schema.optional() as unknown as z.ZodExactOptional<S>

export const instant = z
  .string()
  .regex(INSTANT, 'must be a UTC time such as 2026-11-21T23:30:00Z')
  .refine(isInstant, 'is no time')
  .openapi({ format: 'date-time', example: '2026-11-21T23:30:00Z' })
export const seconds = z.number().int().positive()
/** Far beyond what is taken, so that a reader can say what is allowed in the words of the request (`contract/plain-text.ts`). */
export const reasonText = z.string().max(2000, `may have ${LONGEST_TEXT.reason} characters at most`)
export const targetName = z.string().regex(TARGET_NAME)
export const person = shapeOf<Person>()(
  z.strictObject({ issuer: z.string(), subject: z.string(), name: z.string(), email: maybe(z.string()) }),
).openapi('Person')
