import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { readFileSync } from 'node:fs'
import { JitError, reasonOf } from '../base/errors.ts'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A server that does not listen yet, with TLS 1.2 or newer where `tls` names certificate chain and key (PEM files). Throws `CONFIG` where they are none. */
export function httpServer(
  answer: Answer,
  limits: ServerOptions,
  tls: { readonly certificate: string; readonly key: string } | undefined,
): Server | TlsServer {
  if (tls === undefined) return createServer(limits, answer)
  try {
    const [cert, key] = [readFileSync(tls.certificate), readFileSync(tls.key)]
    return createTlsServer({ ...limits, cert, key, minVersion: 'TLSv1.2' }, answer)
  } catch (cause) {
    const message = `TLS cannot be done with ${tls.certificate} and ${tls.key}: ${reasonOf(cause)}.`
    throw new JitError('CONFIG', message, 'Name PEM files that this user can read as listen.tls.', { cause })
  }
}
