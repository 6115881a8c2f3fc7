import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { readFileSync } from 'node:fs'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A server that does not listen yet, with TLS 1.2 or newer where `tls` names certificate chain and key (PEM files). */
export function httpServer(
  answer: Answer,
  limits: ServerOptions,
  tls: { readonly certificate: string; readonly key: string } | undefined,
): Server | TlsServer {
  if (tls === undefined) return createServer(limits, answer)
  const [cert, key] = [readFileSync(tls.certificate), readFileSync(tls.key)]
  return createTlsServer({ ...limits, cert, key, minVersion: 'TLSv1.2' }, answer)
}
