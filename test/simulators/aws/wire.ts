import { randomUUID } from 'node:crypto'

/** An answer that AWS would give. */
export class AwsError extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = 'AwsError'
    this.status = status
    this.code = code
  }
}

/**
 * Something that AWS may know and the simulator does not. Never ignored: a simulator that accepts what it cannot judge proves nothing.
 * 501 on the wire, which no client retries.
 */
export class Unsupported extends AwsError {
  constructor(what: string) {
    super(501, 'SimulatorUnsupported', `The AWS simulator does not know ${what}.`)
    this.name = 'Unsupported'
  }
}

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const STS_NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'
const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

type Tree = string | number | readonly Tree[] | { readonly [name: string]: Tree | undefined }

/** Nested objects become elements, a list repeats its element, `undefined` is left out. */
export function xml(name: string, tree: Tree, attributes = ''): string {
  if (Array.isArray(tree)) return tree.map((each: Tree) => xml(name, each)).join('')
  const content =
    typeof tree === 'object'
      ? Object.entries(tree)
          .map(([key, value]) => (value === undefined ? '' : xml(key, value)))
          .join('')
      : escapeXml(String(tree))
  return `<${name}${attributes}>${content}</${name}>`
}

/** Success of the query protocol (STS, IAM). */
export function queryAnswer(action: string, result: Tree): Answer {
  const requestId = randomUUID()
  const body = xml(
    `${action}Response`,
    { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } },
    ` xmlns="${STS_NAMESPACE}"`,
  )
  return { status: 200, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body }
}

export function queryError({ status, code, message }: AwsError): Answer {
  const requestId = randomUUID()
  const Type = status >= 500 ? 'Receiver' : 'Sender'
  const body = xml(
    'ErrorResponse',
    { Error: { Type, Code: code, Message: message }, RequestId: requestId },
    ` xmlns="${STS_NAMESPACE}"`,
  )
  return { status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body }
}

const XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

export function s3Answer(body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml', ...s3Ids(), ...headers }, body }
}

export function s3Xml(name: string, tree: Tree): Answer {
  return s3Answer(XML_HEAD + xml(name, tree, ` xmlns="${S3_NAMESPACE}"`))
}

export function s3Error({ status, code, message }: AwsError): Answer {
  const ids = s3Ids()
  const body = xml('Error', {
    Code: code,
    Message: message,
    RequestId: ids['x-amz-request-id'],
    HostId: ids['x-amz-id-2'],
  })
  return { status, headers: { 'content-type': 'application/xml', ...ids }, body: XML_HEAD + body }
}

const s3Ids = () => ({
  'x-amz-request-id': randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase(),
  'x-amz-id-2': Buffer.from(randomUUID() + randomUUID()).toString('base64'),
})

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? '')
