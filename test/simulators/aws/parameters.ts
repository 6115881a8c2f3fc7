import { AwsError, Unsupported } from './wire.ts'

type Constraint = {
  readonly min?: number
  readonly max?: number
  readonly pattern?: RegExp
  readonly shown?: string
}

/** Form parameters of one query call, with the constraints of AWS's model and its words for breaking them. */
export function createParameters(form: URLSearchParams, known: readonly string[]) {
  for (const name of form.keys())
    if (!['Action', 'Version', ...known].includes(name)) throw new Unsupported(`the parameter ${name} of this call`)
  const problems: string[] = []
  const problem = (name: string, shown: string, constraint: string): void => {
    const member = name.charAt(0).toLowerCase() + name.slice(1)
    problems.push(`Value '${shown}' at '${member}' failed to satisfy constraint: ${constraint}`)
  }

  function check(
    name: string,
    value: string,
    { min = 0, max = Number.POSITIVE_INFINITY, pattern, shown }: Constraint,
  ): void {
    if (value.length < min) problem(name, value, `Member must have length greater than or equal to ${min}`)
    if (value.length > max) problem(name, value, `Member must have length less than or equal to ${max}`)
    if (pattern !== undefined && !pattern.test(value))
      problem(name, value, `Member must satisfy regular expression pattern: ${shown ?? pattern.source}`)
  }

  return {
    required(name: string, constraint: Constraint): string {
      const value = form.get(name)
      if (value === null) {
        const member = name.charAt(0).toLowerCase() + name.slice(1)
        problems.push(`Value null at '${member}' failed to satisfy constraint: Member must not be null`)
      } else check(name, value, constraint)
      return value ?? ''
    },
    optional(name: string, constraint: Constraint): string | undefined {
      const value = form.get(name)
      if (value !== null) check(name, value, constraint)
      return value ?? undefined
    },
    seconds(name: string, fallback: number, min: number, max: number): number {
      const text = form.get(name)
      if (text === null) return fallback
      if (!/^-?\d{1,9}$/.test(text)) throw new AwsError(400, 'MalformedInput', `${name} is not an integer`)
      const value = Number(text)
      if (value < min) problem(name, text, `Member must have value greater than or equal to ${min}`)
      if (value > max) problem(name, text, `Member must have value less than or equal to ${max}`)
      return value
    },
    /** Throws all problems found so far in one message, as AWS does. */
    done(): void {
      const [first] = problems
      if (first === undefined) return
      const count = problems.length === 1 ? '1 validation error' : `${problems.length} validation errors`
      throw new AwsError(400, 'ValidationError', `${count} detected: ${problems.join('; ')}`)
    },
  }
}

export const ROLE_ARN = { min: 20, max: 2048 } as const
export const SESSION_NAME = { min: 2, max: 64, pattern: /^[\w+=,.@-]*$/, shown: '[\\w+=,.@-]*' } as const
export const POLICY = {
  min: 1,
  max: 2048,
  pattern: /^[\t\n\r\u0020-\u00ff]+$/,
  shown: '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
} as const
