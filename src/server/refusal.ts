import type { ProblemCode } from '../contract/problem.ts'

/** An expected refusal. `detail` and `hint` go to the caller; `cause` only to the log. */
export class Refusal extends Error {
  readonly code: ProblemCode
  readonly hint: string | undefined
  constructor(code: ProblemCode, detail: string, hint?: string, options?: ErrorOptions) {
    super(detail, options)
    this.name = 'Refusal'
    this.code = code
    this.hint = hint
  }
}
