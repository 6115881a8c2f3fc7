import { z } from '@hono/zod-openapi'
import { type Problem, PROBLEM_STATUS, type ProblemCode } from '../../../contract/problem.ts'
import { shapeOf } from '../same-shape.ts'
import { maybe } from './members.ts'

const codes = Object.keys(PROBLEM_STATUS) as [ProblemCode, ...ProblemCode[]]
export const problem = shapeOf<Problem>()(
  z.strictObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(codes),
    detail: z.string(),
    hint: maybe(z.string()),
  }),
).openapi('Problem')
