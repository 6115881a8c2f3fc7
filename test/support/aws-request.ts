import { createHash, createHmac } from 'node:crypto'

export type Keys = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string }
export type Reply = {
  readonly status: number
  readonly code: string | undefined
  readonly message: string | undefined
  readonly text: string
}

/** One unsigned call of the query protocol. */
export async function query(
  url: string,
  parameters: Readonly<Record<string, string | undefined>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const form = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return read(await fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) }))
}

export type Signing = {
  readonly service: string
  readonly path?: string
  readonly form?: Readonly<Record<string, string>>
  /** When the request says it was signed. */
  readonly at?: number
  /** Changes headers after signing. */
  readonly tamper?: (headers: Record<string, string>) => void
}

/** One SigV4 call, signed by hand so that a test can break any part of it. */
export async function signedCall(url: string, keys: Keys, signing: Signing): Promise<Reply> {
  const { service, path = '/', form, at = Date.now(), tamper } = signing
  const body = form === undefined ? '' : new URLSearchParams(form).toString()
  const method = form === undefined ? 'GET' : 'POST'
  const stamp = new Date(at).toISOString().replace(/[-:]|\.\d+/g, '')
  const headers: Record<string, string> = {
    host: new URL(url).host,
    'x-amz-content-sha256': sha256(body),
    'x-amz-date': stamp,
    'x-amz-security-token': keys.sessionToken,
    ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
  }
  headers['authorization'] = authorization({ method, path, headers, body, service, stamp, keys })
  tamper?.(headers)
  return read(await fetch(`${url}${path}`, { method, headers, ...(form !== undefined && { body }) }))
}

type ToSign = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly service: string
  readonly stamp: string
  readonly keys: Keys
}

function authorization({ method, path, headers, body, service, stamp, keys }: ToSign): string {
  const names = Object.keys(headers).toSorted()
  const [uri = '/', search = ''] = path.split('?')
  const canonical = [
    method,
    uri,
    search,
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    sha256(body),
  ]
  const scope = [stamp.slice(0, 8), 'eu-west-1', service, 'aws4_request']
  const text = ['AWS4-HMAC-SHA256', stamp, scope.join('/'), sha256(canonical.join('\n'))].join('\n')
  const key = scope.reduce((key: Buffer, part) => hmac(key, part), Buffer.from(`AWS4${keys.secretAccessKey}`))
  const signature = hmac(key, text).toString('hex')
  return `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope.join('/')}, SignedHeaders=${names.join(';')}, Signature=${signature}`
}

async function read(response: Response): Promise<Reply> {
  const text = await response.text()
  return { status: response.status, code: element(text, 'Code'), message: element(text, 'Message'), text }
}

/** The text of the first element of this name. */
export function element(text: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`)
    .exec(text)?.[1]
    ?.replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

/** Keys of a successful AssumeRole… answer. */
export function keysOf({ status, text }: Reply): Keys {
  const [accessKeyId, secretAccessKey, sessionToken] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map((name) =>
    element(text, name),
  )
  if (status !== 200 || !accessKeyId || !secretAccessKey || !sessionToken) throw new Error(`no credentials: ${text}`)
  return { accessKeyId, secretAccessKey, sessionToken }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
