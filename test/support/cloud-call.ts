import { type RequestListener, request } from 'node:http'
import { startServer, type TestServer } from './http-server.ts'

export type CloudReply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The body where it is a JSON object, else empty. */
  readonly json: Readonly<Record<string, unknown>>
}
export type CloudCall = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string | undefined>>
  readonly body?: string
}
export type CloudServer = TestServer & {
  /** Asks for a URL under a production name, which goes into the Host header. */
  call(url: string, call?: CloudCall): Promise<CloudReply>
}

/** A simulator's listener on plain loopback, asked by production names. */
export async function startCloudServer(listener: RequestListener): Promise<CloudServer> {
  const server = await startServer(listener)
  return { ...server, call: (url, call = {}) => send(server.port, new URL(url), call) }
}

function send(port: number, { host, pathname, search }: URL, call: CloudCall): Promise<CloudReply> {
  const { form, body = form === undefined ? '' : formBody(form), method = body === '' ? 'GET' : 'POST' } = call
  const headers = {
    host,
    ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
    ...call.headers,
  }
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path: `${pathname}${search}`, headers, agent: false })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: objectOf(text) })
      })
    })
    sent.end(body)
  })
}

function formBody(form: NonNullable<CloudCall['form']>): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(form)) if (value !== undefined) parameters.append(name, value)
  return parameters.toString()
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
