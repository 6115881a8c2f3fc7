import { type Answer, jsonAnswer } from '../http-exchange.ts'

/** A refusal, which goes over the wire as a `Status` object. `cause` stays in the log: an API server tells nobody why a token is bad. */
export class StatusError extends Error {
  readonly code: number
  readonly reason: string
  readonly details: Readonly<Record<string, unknown>> | undefined
  readonly headers: Readonly<Record<string, string>>
  constructor(
    code: number,
    reason: string,
    message: string,
    details?: Readonly<Record<string, unknown>>,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.name = 'StatusError'
    this.code = code
    this.reason = reason
    this.details = details
    this.headers = headers
  }
}

/** A token that was not taken. The message is for the log. */
export class Unauthenticated extends StatusError {
  readonly why: string
  constructor(why: string) {
    super(401, 'Unauthorized', 'Unauthorized')
    this.name = 'Unauthenticated'
    this.why = why
  }
}

/** Something that an API server may know and the simulator does not. Never ignored. 501 on the wire. */
export class Unsupported extends StatusError {
  constructor(what: string) {
    super(501, 'SimulatorUnsupported', `The Kubernetes simulator does not know ${what}.`)
    this.name = 'Unsupported'
  }
}

export const notFound = (): StatusError =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})

export const statusAnswer = ({ code, reason, message, details, headers }: StatusError): Answer =>
  jsonAnswer(
    code,
    {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(details !== undefined && { details }),
      code,
    },
    headers,
  )
