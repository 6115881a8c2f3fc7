import { request } from 'node:http'
import type { GcpSimulator } from '../simulators/gcp/simulator.ts'
import { AUDIENCE } from './gcp-organisation.ts'
import { startServer, type TestServer } from './http-server.ts'

export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
  /** `undefined` where it is no JSON. */
  readonly json: unknown
}

export type Call = {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The simulator on one plain port, its hosts told apart by the Host header: for tests that need neither names nor TLS. */
export async function serveGcp({ hosts }: GcpSimulator): Promise<TestServer> {
  return startServer((request, response) => hosts[request.headers.host ?? '']?.(request, response))
}

/** One call, headers as given: `fetch` would not let the Host be named. */
export function call(port: number, host: string, { method = 'GET', path, headers, body }: Call): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers: { ...headers, host } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export type Parameters = Readonly<Record<string, string | undefined>>

/** A good token exchange as google-auth-library sends it, with `changes`; `undefined` leaves a parameter out. */
export function exchangeCall(subjectToken: string, changes: Parameters = {}, headers: Call['headers'] = {}): Call {
  const parameters = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: AUDIENCE,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: subjectToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    ...changes,
  }
  const form = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return {
    method: 'POST',
    path: '/v1/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  }
}

/** The token of a successful answer, of either token service. */
export function tokenOf({ status, json, text }: Reply): string {
  const members: ReadonlyMap<string, unknown> = new Map(Object.entries(Object(json)))
  const token = members.get('access_token') ?? members.get('accessToken')
  if (status !== 200 || typeof token !== 'string') throw new Error(`no token: ${text}`)
  return token
}
