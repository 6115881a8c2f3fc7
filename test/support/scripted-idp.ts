import type { Http, HttpRequest, HttpResponse } from '../../src/platform/http.ts'

type Answer = {
  readonly status?: number
  readonly json?: unknown
  readonly text?: string
  readonly headers?: Record<string, string>
}
/** What the token endpoint does, poll after poll; an Error is thrown instead of an answer. The last one repeats. */
export type Poll = Answer | Error

export const oauth = (error: string, status = 400): Answer => ({ status, json: { error } })
export const html = (status = 200): Answer => ({
  status,
  text: '<html>Sign in to Wi-Fi',
  headers: { 'content-type': 'text/html' },
})

/** An IdP that says what a test wrote down, as `Http`: quirks that no well-behaved provider can be made to show. */
export function scriptedIdp(issuer: string, script: { device?: Answer; polls?: readonly Poll[]; metadata?: object }) {
  const requests: HttpRequest[] = []
  let polls = 0
  const metadata = {
    issuer,
    token_endpoint: `${issuer}/token`,
    device_authorization_endpoint: `${issuer}/device`,
    ...script.metadata,
  }
  const answer = (url: string): Poll => {
    if (url.endsWith('/.well-known/openid-configuration')) return { json: metadata }
    if (url === `${issuer}/device`) return script.device ?? { json: deviceAnswer(issuer) }
    return script.polls?.[Math.min(polls++, script.polls.length - 1)] ?? oauth('authorization_pending')
  }
  const http: Http = async (request) => {
    requests.push(request)
    const said = answer(request.url)
    if (said instanceof Error) throw said
    return response(said)
  }
  return { http, requests, polls: () => requests.filter(({ url }) => url === `${issuer}/token`).length }
}

export const deviceAnswer = (issuer: string, more: object = {}) => ({
  device_code: 'device-code-1',
  user_code: 'WDJB-MJHT',
  verification_uri: `${issuer}/activate`,
  expires_in: 600,
  ...more,
})

function response({ status = 200, json, text = JSON.stringify(json), headers = {} }: Answer): HttpResponse {
  return { status, text, headers: new Headers({ 'content-type': 'application/json', ...headers }) }
}

/** Tokens of `issuer` for `clientId`. The signature is none: a client that got the token over TLS need not check it. */
export function tokens(issuer: string, clientId: string, more: object = {}): Answer {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: issuer, aud: clientId, sub: 'alice', iat: now, exp: now + 300, ...more }
  const idToken = `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`
  return { json: { access_token: 'a', token_type: 'Bearer', id_token: idToken, refresh_token: 'refresh-1' } }
}
