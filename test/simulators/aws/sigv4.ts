import { createHash, createHmac } from 'node:crypto'
import { type Accounts, type Session, sameSecret } from './accounts.ts'
import type { WireRequest } from './request.ts'
import { AwsError } from './wire.ts'

type Signed = {
  readonly accessKeyId: string
  readonly date: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
}

/** Which service a signed request is for; `undefined` where it is not signed at all. */
export const signedService = ({ headers }: WireRequest): string | undefined =>
  headers['authorization'] === undefined ? undefined : parseAuthorization(headers['authorization'])?.service

export type AuthenticateDeps = {
  readonly accounts: Accounts
  /** The cloud's clock: sessions end by it. */
  readonly now: () => number
  /**
   * Wall time of this machine: signatures are dated by the client's own clock, so a test that steps the cloud's clock to the
   * end of a grant must not turn every later request into a skewed one.
   */
  readonly wallNow: () => number
}

/**
 * Who signed the request (SigV4 in the `Authorization` header; AWS's "Signature Version 4" reference). The secret is never sent: the
 * signature is computed again from the session table. Errors in AWS's order: key, token, date, signature, then expiry at use time.
 */
export function authenticate(request: WireRequest, { accounts, now, wallNow }: AuthenticateDeps): Session {
  const signed = parseAuthorization(request.headers['authorization'] ?? '')
  if (signed === undefined)
    throw new AwsError(
      400,
      'IncompleteSignature',
      'Authorization header requires existence of Credential, SignedHeaders and Signature.',
    )
  const errors = signed.service === 's3' ? S3_ERRORS : QUERY_ERRORS
  const session = accounts.session(signed.accessKeyId)
  if (session === undefined) throw errors.unknownKey()
  const token = request.headers['x-amz-security-token']
  if (token === undefined) throw errors.unknownKey()
  if (!sameSecret(token, session.sessionToken)) throw errors.wrongToken()
  checkDate(request, signed, wallNow(), errors)
  checkSigned(request, signed, errors)
  if (!sameSecret(signature(request, signed, session.secretAccessKey), signed.signature)) throw errors.wrongSignature()
  if (session.expiresAt <= now()) throw errors.expired()
  return session
}

function parseAuthorization(header: string): Signed | undefined {
  const found =
    /^AWS4-HMAC-SHA256 Credential=([\w]+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      header,
    )
  if (found === null) return undefined
  const [, accessKeyId = '', date = '', region = '', service = '', headers = '', signature = ''] = found
  return { accessKeyId, date, region, service, signedHeaders: headers.split(';'), signature }
}

function checkDate({ headers }: WireRequest, signed: Signed, wall: number, errors: Errors): void {
  const stamp = headers['x-amz-date'] ?? ''
  const at = parseStamp(stamp)
  if (at === undefined || !stamp.startsWith(signed.date)) throw errors.wrongSignature()
  const limit = errors.skewMinutes * 60_000
  if (Math.abs(wall - at) > limit)
    throw errors.skewed(stamp, at < wall, formatStamp(wall), formatStamp(at < wall ? wall - limit : wall + limit))
}

/** AWS demands that host, date, content hash and every `x-amz-*` header are under the signature. */
function checkSigned({ headers, body }: WireRequest, { signedHeaders, service }: Signed, errors: Errors): void {
  const mustSign = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))]
  if (mustSign.some((name) => !signedHeaders.includes(name))) throw errors.wrongSignature()
  if (service !== 's3') return
  const declared = headers['x-amz-content-sha256']
  if (declared === undefined)
    throw new AwsError(400, 'InvalidRequest', 'Missing required header for this request: x-amz-content-sha256')
  if (declared !== 'UNSIGNED-PAYLOAD' && declared !== sha256(body))
    throw new AwsError(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    )
}

function signature(request: WireRequest, signed: Signed, secret: string): string {
  const { method, path, query, headers, body } = request
  const canonical = [
    method,
    path
      .split('/')
      .map((part) => encode(decodeURIComponent(part)))
      .join('/') || '/',
    canonicalQuery(query),
    ...signed.signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signed.signedHeaders.join(';'),
    (signed.service === 's3' ? headers['x-amz-content-sha256'] : undefined) ?? sha256(body),
  ].join('\n')
  const scope = `${signed.date}/${signed.region}/${signed.service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'] ?? '', scope, sha256(Buffer.from(canonical))].join('\n')
  const key = [signed.date, signed.region, signed.service, 'aws4_request'].reduce(
    (key: Buffer, part) => hmac(key, part),
    Buffer.from(`AWS4${secret}`),
  )
  return hmac(key, text).toString('hex')
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .map((pair) => {
      const [name = '', value = ''] = pair.split('=')
      return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value))] as const
    })
    .toSorted(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest()

function parseStamp(stamp: string): number | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp)
  if (found === null) return undefined
  const [, y, mo, d, h, mi, s] = found
  const at = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`)
  return Number.isNaN(at) ? undefined : at
}
const formatStamp = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '')

type Errors = {
  readonly skewMinutes: number
  unknownKey(): AwsError
  wrongToken(): AwsError
  wrongSignature(): AwsError
  expired(): AwsError
  skewed(stamp: string, past: boolean, now: string, limit: string): AwsError
}

const QUERY_ERRORS: Errors = {
  skewMinutes: 5,
  unknownKey: () => new AwsError(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.'),
  wrongToken: () => new AwsError(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.'),
  wrongSignature: () =>
    new AwsError(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    ),
  expired: () => new AwsError(403, 'ExpiredToken', 'The security token included in the request is expired'),
  skewed: (stamp, past, now, limit) =>
    new AwsError(
      403,
      'SignatureDoesNotMatch',
      past
        ? `Signature expired: ${stamp} is now earlier than ${limit} (${now} - 5 min.)`
        : `Signature not yet current: ${stamp} is still later than ${limit} (${now} + 5 min.)`,
    ),
}

const S3_ERRORS: Errors = {
  skewMinutes: 15,
  unknownKey: () =>
    new AwsError(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.'),
  wrongToken: () => new AwsError(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.'),
  wrongSignature: () =>
    new AwsError(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    ),
  expired: () => new AwsError(400, 'ExpiredToken', 'The provided token has expired.'),
  skewed: () =>
    new AwsError(
      403,
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    ),
}
