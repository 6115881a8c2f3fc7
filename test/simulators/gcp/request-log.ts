import type { WireRequest } from '../http-exchange.ts'

/** One request as a test may see it: no token, no secret. */
export type RecordedRequest = {
  readonly at: string
  readonly host: string
  readonly method: string
  readonly path: string
  /** Whether it carried an Authorization header. */
  readonly bearer: boolean
  readonly status: number
  /** `ok`, or the reason that Google gives. */
  readonly outcome: string
  /** Who asked, as IAM policies name him. */
  readonly principal?: string
  /** Parameters of address and form but for the subject token. */
  readonly parameters: Readonly<Record<string, string>>
  readonly userAgent: string
}

type Outcome = {
  readonly at: number
  readonly status: number
  readonly outcome: string
  readonly principal: string | undefined
}

const SECRET = /^(subject_token|access_token|assertion|client_secret)$/

export function record(request: WireRequest, { at, status, outcome, principal }: Outcome): RecordedRequest {
  const { host, method, path, headers } = request
  return {
    at: new Date(at).toISOString(),
    host,
    method,
    path,
    bearer: headers['authorization'] !== undefined,
    status,
    outcome,
    ...(principal !== undefined && { principal }),
    parameters: Object.fromEntries([...request.query, ...formOf(request)].filter(([name]) => !SECRET.test(name))),
    userAgent: headers['user-agent'] ?? '',
  }
}

const formOf = ({ headers, body }: WireRequest): Iterable<readonly [string, string]> =>
  /^application\/x-www-form-urlencoded\b/.test(headers['content-type'] ?? '')
    ? new URLSearchParams(body.toString('utf8'))
    : []
