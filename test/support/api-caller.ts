import { request } from 'node:http'
import { randomBytes } from 'node:crypto'
import { type DpopKey, dpopKey, proof } from './dpop.ts'

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
  /** The parsed body; empty where it was no JSON object. */
  readonly json: Readonly<Record<string, unknown>>
}
export type CallOptions = {
  readonly method?: string
  readonly body?: unknown
  /** Sent as it is, instead of `body`. */
  readonly raw?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** One HTTP call to a port of this machine, whatever the URL in the proof says. */
export function send(
  port: number,
  path: string,
  { method = 'GET', body, raw, headers = {} }: CallOptions,
): Promise<Answer> {
  const text = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const type = text === undefined ? {} : { 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers: { ...type, ...headers } }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const isJson = /json/.test(answer.headers['content-type'] ?? '')
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text,
          json: isJson ? JSON.parse(text) : {},
        })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(text)
  })
}

/** A CLI reduced to its proofs: keeps key, nonce and access token, and repeats once when asked for a nonce. */
export class ApiCaller {
  readonly endpoint: string
  readonly port: number
  readonly key: DpopKey
  accessToken: string | undefined
  nonce: string | undefined

  constructor(endpoint: string, port: number, key: DpopKey) {
    this.endpoint = endpoint
    this.port = port
    this.key = key
  }

  static async make(endpoint: string, port: number): Promise<ApiCaller> {
    return new ApiCaller(endpoint, port, await dpopKey())
  }

  async proof(method: string, path: string): Promise<string> {
    const url = `${this.endpoint}${path.replace(/\?.*/, '')}`
    const iat = Math.floor(Date.now() / 1000)
    return proof(this.key, {
      method,
      url,
      iat,
      ...(this.accessToken === undefined ? {} : { accessToken: this.accessToken }),
      ...(this.nonce === undefined ? {} : { nonce: this.nonce }),
    })
  }

  async call(path: string, options: CallOptions = {}): Promise<Answer> {
    const first = await this.once(path, options)
    return first.json['code'] === 'use_dpop_nonce' ? this.once(path, options) : first
  }

  async once(path: string, options: CallOptions): Promise<Answer> {
    const headers = {
      dpop: await this.proof(options.method ?? 'GET', path),
      ...(this.accessToken === undefined ? {} : { authorization: `DPoP ${this.accessToken}` }),
      ...options.headers,
    }
    const answer = await send(this.port, new URL(this.endpoint).pathname.replace(/\/$/, '') + path, {
      ...options,
      headers,
    })
    const nonce = answer.headers['dpop-nonce']
    if (typeof nonce === 'string') this.nonce = nonce
    return answer
  }

  async login(idToken: string): Promise<Answer> {
    this.accessToken = undefined
    const answer = await this.call('/v1/sessions', { method: 'POST', body: { idToken } })
    if (answer.status === 200) this.accessToken = String(answer.json['accessToken'])
    return answer
  }

  ask(body: unknown, key = randomBytes(16).toString('hex')): Promise<Answer> {
    return this.call('/v1/requests', { method: 'POST', body, headers: { 'idempotency-key': key } })
  }
}
