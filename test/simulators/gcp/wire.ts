import { type Answer, jsonAnswer } from '../http-exchange.ts'

/** google.rpc.Code names by HTTP status. */
const STATUS = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  501: 'UNIMPLEMENTED',
} as const
type HttpStatus = keyof typeof STATUS

export type ErrorInfo = {
  /** Of google.rpc.ErrorInfo; the codes of google/api/error_reason.proto where the domain is googleapis.com. */
  readonly reason: string
  readonly domain?: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** A refusal of a resource API; how it looks on the wire depends on the API (AIP-193, or Cloud Storage's older form). */
export class GoogleError extends Error {
  readonly status: HttpStatus
  readonly info: ErrorInfo | undefined
  constructor(status: HttpStatus, message: string, info?: ErrorInfo) {
    super(message)
    this.name = 'GoogleError'
    this.status = status
    this.info = info
  }
}

/** A refusal of the token service (RFC 6749 §5.2). */
export class TokenError extends Error {
  readonly status: 400 | 401
  readonly code: string
  constructor(code: string, description: string, status: 400 | 401 = 400) {
    super(description)
    this.name = 'TokenError'
    this.status = status
    this.code = code
  }
}

export const UNSUPPORTED = 'SimulatorUnsupported'

/**
 * Something that Google may know and the simulator does not. Never ignored: a simulator that accepts what it cannot judge proves nothing.
 * 501 on the wire, which no client retries.
 */
export class Unsupported extends GoogleError {
  constructor(what: string) {
    super(501, `The Google Cloud simulator does not know ${what}.`, { reason: UNSUPPORTED })
    this.name = 'Unsupported'
  }
}

/** What the request log calls an outcome. */
export const outcomeOf = (error: GoogleError | TokenError): string =>
  error instanceof TokenError ? error.code : (error.info?.reason ?? STATUS[error.status])

/** `google.rpc.Status` as JSON (AIP-193). */
export function apiError({ status, message, info }: GoogleError): Answer {
  const details = info && [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', domain: 'googleapis.com', ...info }]
  const error = { code: status, message, status: STATUS[status], ...(details && { details }) }
  return jsonAnswer(status, { error }, challenge(status))
}

const STORAGE_REASON: Readonly<Record<HttpStatus, string>> = {
  400: 'invalid',
  401: 'authError',
  403: 'forbidden',
  404: 'notFound',
  429: 'rateLimitExceeded',
  501: UNSUPPORTED,
}

/** Cloud Storage's JSON API has no `status` and no `details` (Cloud Storage, "HTTP status and error codes for JSON"). */
export function storageError({ status, message }: GoogleError): Answer {
  const location = status === 401 ? { locationType: 'header', location: 'Authorization' } : {}
  const domain = status === 429 ? 'usageLimits' : 'global'
  const errors = [{ message, domain, reason: STORAGE_REASON[status], ...location }]
  return jsonAnswer(status, { error: { code: status, message, errors } }, challenge(status))
}

/** The token service has OAuth's two words; what is none of its own refusals comes as of every Google API. */
export const tokenError = (error: GoogleError | TokenError): Answer =>
  error instanceof TokenError
    ? jsonAnswer(error.status, { error: error.code, error_description: error.message })
    : apiError(error)

const challenge = (status: number): Record<string, string> =>
  status === 401 ? { 'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"' } : {}
