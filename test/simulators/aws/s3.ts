import { createHash } from 'node:crypto'
import type { Session } from './accounts.ts'
import { authorize } from './authorize.ts'
import type { SimulatorConfig } from './config.ts'
import type { WireRequest } from './request.ts'
import { type Answer, AwsError, s3Answer, s3Xml, Unsupported } from './wire.ts'

type Bucket = SimulatorConfig['buckets'][number]

/** A little of S3, of virtual-hosted and path style: ListBuckets, ListObjectsV2, GetObject, HeadObject. Every call is authorised at use time. */
export function s3(request: WireRequest, caller: Session, buckets: readonly Bucket[], now: number): Answer {
  const { method, query } = request
  const [, bucketName = '', ...rest] = pathStyle(request).split('/').map(decodeURIComponent)
  const key = rest.join('/')
  const parameters = new URLSearchParams(query)
  const operation = operationOf(method, bucketName, key, parameters)
  authorize(caller, { ...operation, named: operation.action !== 's3:ListAllMyBuckets' }, now)
  if (operation.action === 's3:ListAllMyBuckets') return listBuckets(buckets, caller.role.account)
  const bucket = buckets.find(({ name, account }) => name === bucketName && account === caller.role.account)
  if (bucket === undefined) throw new AwsError(404, 'NoSuchBucket', 'The specified bucket does not exist')
  if (operation.action === 's3:ListBucket') return listObjects(bucket, parameters.get('prefix') ?? '')
  return getObject(bucket, key, method === 'HEAD')
}

/** `https://orders.s3.eu-central-1.amazonaws.com/a` names the same as `https://s3.eu-central-1.amazonaws.com/orders/a`. */
function pathStyle({ headers, path }: WireRequest): string {
  const bucket = /^(.+)\.s3\.[a-z0-9-]+\.amazonaws\.com$/.exec(headers['host'] ?? '')?.[1]
  return bucket === undefined ? path : `/${bucket}${path}`
}

function operationOf(
  method: string,
  bucket: string,
  key: string,
  parameters: URLSearchParams,
): { readonly action: string; readonly resource: string } {
  const foreign = [...parameters.keys()].filter(
    (name) => !['list-type', 'prefix', 'encoding-type', 'x-id', 'max-keys', 'delimiter'].includes(name),
  )
  if (foreign.length > 0) throw new Unsupported(`the S3 parameter ${foreign[0]}`)
  if (method === 'GET' && bucket === '') return { action: 's3:ListAllMyBuckets', resource: 'arn:aws:s3:::*' }
  if (method === 'GET' && key === '' && parameters.get('list-type') === '2')
    return { action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` }
  if ((method === 'GET' || method === 'HEAD') && key !== '')
    return { action: 's3:GetObject', resource: `arn:aws:s3:::${bucket}/${key}` }
  throw new Unsupported(`the S3 call ${method} /${bucket}/${key}`)
}

const CREATED = '2026-01-01T00:00:00.000Z'

const listBuckets = (buckets: readonly Bucket[], account: string): Answer =>
  s3Xml('ListAllMyBucketsResult', {
    Owner: { ID: createHash('sha256').update(account).digest('hex') },
    Buckets: {
      Bucket: buckets
        .filter((bucket) => bucket.account === account)
        .map(({ name }) => ({ Name: name, CreationDate: CREATED })),
    },
  })

function listObjects({ name, objects }: Bucket, prefix: string): Answer {
  const found = Object.entries(objects).filter(([key]) => key.startsWith(prefix))
  return s3Xml('ListBucketResult', {
    Name: name,
    Prefix: prefix,
    KeyCount: found.length,
    MaxKeys: 1000,
    IsTruncated: 'false',
    Contents: found.map(([Key, text]) => ({
      Key,
      LastModified: CREATED,
      ETag: etag(text),
      Size: Buffer.byteLength(text),
      StorageClass: 'STANDARD',
    })),
  })
}

function getObject({ objects }: Bucket, key: string, head: boolean): Answer {
  const text = Object.hasOwn(objects, key) ? objects[key] : undefined
  if (text === undefined) throw new AwsError(404, 'NoSuchKey', 'The specified key does not exist.')
  return s3Answer(head ? '' : text, {
    'content-type': 'binary/octet-stream',
    'content-length': String(Buffer.byteLength(text)),
    'last-modified': new Date(CREATED).toUTCString(),
    etag: etag(text),
  })
}

const etag = (text: string): string => `"${createHash('md5').update(text).digest('hex')}"`
