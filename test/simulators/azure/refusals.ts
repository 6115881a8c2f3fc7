/** A refusal. Each service of Azure puts it into a body of its own shape. `code` of Entra is the number after `AADSTS`. */
export class AzureError extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.name = 'AzureError'
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** A refusal by the token endpoint. `error` is OAuth's word for it (RFC 6749 §5.2). */
export class EntraError extends AzureError {
  readonly error: string
  constructor(status: number, error: string, code: number, message: string, headers = {}) {
    super(status, String(code), message, headers)
    this.name = 'EntraError'
    this.error = error
  }
}

/**
 * Something that Azure may know and the simulator does not. Never ignored: a simulator that accepts what it cannot judge proves nothing.
 * 501 on the wire.
 */
export class Unsupported extends AzureError {
  constructor(what: string) {
    super(501, 'SimulatorUnsupported', `The Azure simulator does not know ${what}.`)
    this.name = 'Unsupported'
  }
}
