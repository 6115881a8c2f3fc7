import type { z } from '@hono/zod-openapi'

/** `readonly` aside: JSON does not know it. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Plain<T[Key]> }
    : T
/** Assignability would let an optional member be missing on one side; only this comparison is by identity. */
type Identical<A, B> =
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the unresolved T is what makes it strict
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/**
 * Ties a schema to the contract's type: `shapeOf<NewRequest>()(schema)` does not compile where one has a member, an optional
 * mark or a value that the other lacks.
 */
export const shapeOf =
  <Contract>() =>
  <Schema extends z.ZodType>(
    schema: Schema & (Identical<Plain<z.output<Schema>>, Plain<Contract>> extends true ? unknown : never),
  ): Schema =>
    schema
