import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { calculateJwkThumbprint, decodeJwt, EmbeddedJWK, jwtVerify } from 'jose'
import type { Discovery } from '../../src/contract/discovery.ts'
import { PROBLEM_STATUS, type ProblemCode } from '../../src/contract/problem.ts'
import { startServer } from './http-server.ts'

type Answer = {
  readonly status?: number
  readonly json?: unknown
  readonly headers?: Record<string, string>
  readonly text?: string
}
export type Seen = {
  readonly method: string
  readonly url: string
  readonly body: string
  readonly headers: IncomingMessage['headers']
}
type Route = (call: Seen, nth: number) => Answer | Promise<Answer>

export type FakeEndpoint = {
  readonly url: string
  readonly seen: readonly Seen[]
  /** Access tokens handed out so far; only the last is taken. */
  readonly tokens: readonly string[]
  /** `GET /v1/me` → answer; replaces what was there. */
  route(call: string, route: Route): void
  close(): Promise<void>
}

export const problem = (code: ProblemCode, detail: string, hint?: string): Answer => ({
  status: PROBLEM_STATUS[code],
  json: { type: `urn:jit:${code}`, title: code, status: PROBLEM_STATUS[code], code, detail, ...(hint && { hint }) },
  headers: { 'content-type': 'application/problem+json' },
})

/** An endpoint as far as a client can tell: discovery, sessions for real ID tokens, DPoP with a nonce that it demands. */
export async function startFakeEndpoint(options: {
  readonly idp: Discovery['idp']
  readonly protocol?: number
  readonly says?: (url: string) => string
  readonly accessTokenSeconds?: number
  /** ms that its `Date` header is off. */
  readonly clockOffMs?: number
}): Promise<FakeEndpoint> {
  const routes = new Map<string, { route: Route; calls: number }>()
  const seen: Seen[] = []
  const tokens: string[] = []
  const nonce = 'nonce-1'
  const server = await startServer((request, response) => void handle(request, response))
  const said = options.says?.(server.url) ?? server.url

  const route: FakeEndpoint['route'] = (call, answer) => void routes.set(call, { route: answer, calls: 0 })
  route('GET /.well-known/jit-configuration', () => ({
    json: { protocol: options.protocol ?? 1, endpoint: said, idp: options.idp },
  }))
  route('POST /v1/sessions', async ({ body, headers }) => {
    const { idToken } = JSON.parse(body) as { idToken: string }
    const claims = decodeJwt(idToken)
    const jkt = await thumbprintOf(String(headers['dpop']))
    const flow = claims.aud === options.idp.clients.device ? 'device' : 'browser'
    if (claims['nonce'] !== undefined && claims['nonce'] !== sha256(`jit-login:${jkt}`))
      return problem('invalid_token', 'The ID token belongs to a login with another key.')
    tokens.push(`at-${tokens.length + 1}-${String(claims.sub)}`)
    const person = { issuer: claims.iss, subject: claims.sub, name: claims['name'] ?? claims.sub }
    const me = { person, groups: claims['groups'] ?? [], flow }
    return { json: { accessToken: tokens.at(-1), expiresInSeconds: options.accessTokenSeconds ?? 600, me } }
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const call: Seen = { method: request.method ?? '', url: request.url ?? '', body, headers: request.headers }
    seen.push(call)
    const known = routes.get(`${call.method} ${call.url.replace(/\?.*/, '')}`)
    const isForAll = !call.url.startsWith('/v1/') || call.url === '/v1/health'
    const refused = isForAll ? undefined : await checkProof(call)
    const answer =
      refused ?? (await known?.route(call, known.calls++)) ?? problem('not_found', 'There is no such thing.')
    const { status = 200, json, text = JSON.stringify(json), headers = { 'content-type': 'application/json' } } = answer
    const date = new Date(Date.now() + (options.clockOffMs ?? 0)).toUTCString()
    if (!response.destroyed) response.writeHead(status, { 'dpop-nonce': nonce, date, ...headers }).end(text)
  }

  async function checkProof({ method, url, headers }: Seen): Promise<Answer | undefined> {
    const { payload } = await jwtVerify(String(headers['dpop']), EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: ['ES256'],
    })
    if (payload['htm'] !== method || payload['htu'] !== `${server.url}${url.replace(/\?.*/, '')}`)
      return problem('invalid_dpop_proof', 'The proof is for another call.')
    if (payload['nonce'] !== nonce) return problem('use_dpop_nonce', 'A nonce is wanted.')
    if (Math.abs((payload.iat ?? 0) * 1000 - Date.now() - (options.clockOffMs ?? 0)) > 60_000)
      return problem('invalid_dpop_proof', 'The proof was made at another time.')
    if (url === '/v1/sessions') return undefined
    const token = /^DPoP (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
    if (payload['ath'] !== sha256(token)) return problem('invalid_dpop_proof', 'The proof is for another token.')
    return tokens.length > 0 && token !== tokens.at(-1) ? problem('invalid_token', 'The token is spent.') : undefined
  }

  return { url: server.url, seen, tokens, route, close: () => server.close() }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

async function thumbprintOf(proof: string): Promise<string> {
  const { protectedHeader } = await jwtVerify(proof, EmbeddedJWK)
  return calculateJwkThumbprint(protectedHeader.jwk ?? {})
}
