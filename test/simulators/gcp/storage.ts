import { createHash } from 'node:crypto'
import { crc32c } from './crc32c.ts'
import { type Answer, jsonAnswer, type WireRequest } from '../http-exchange.ts'
import { selectFields } from './fields.ts'
import type { SimulatorConfig } from './config.ts'
import type { Iam, ResourceName } from './iam.ts'
import { principals, type Session, shown } from './tokens.ts'
import { GoogleError, Unsupported } from './wire.ts'

type Bucket = SimulatorConfig['buckets'][number]
export type StorageDeps = {
  readonly projects: SimulatorConfig['projects']
  readonly buckets: readonly Bucket[]
  readonly iam: Iam
}

const PAGE = 1000

/** Reading of the Cloud Storage JSON API v1: buckets of a project, objects of a bucket, one object and its bytes. */
export function storage(request: WireRequest, caller: Session, deps: StorageDeps): Answer {
  const { method, path, query } = request
  const [, b, bucketName, o, objectName] =
    /^\/(?:download\/)?storage\/v1\/(b)(?:\/([^/]+)(?:\/(o)(?:\/([^/]+))?)?)?$/.exec(path) ?? []
  if (method !== 'GET' || b === undefined) throw new Unsupported(`${method} ${path} of storage.googleapis.com`)
  const require = (permission: string, resource: ResourceName, what: string): void => {
    if (deps.iam.allows(principals(caller), permission, resource)) return
    throw new GoogleError(
      403,
      `${shown(caller)} does not have ${permission} access to the Google Cloud ${what}. Permission '${permission}' denied on resource (or it may not exist).`,
    )
  }

  if (bucketName === undefined) {
    checkParameters(query, ['project', 'maxResults'])
    const project = projectOf(query.get('project'), deps.projects)
    require('storage.buckets.list', `projects/${project.id}`, 'project')
    const items = deps.buckets
      .filter((bucket) => bucket.project === project.id)
      .map((each) => bucketResource(each, project.number))
    return page(query, { kind: 'storage#buckets', ...(items.length > 0 && { items }) }, items.length)
  }

  const bucket = deps.buckets.find(({ name }) => name === decodeURIComponent(bucketName))
  if (bucket === undefined) throw new GoogleError(404, 'The specified bucket does not exist.')
  const at = `buckets/${bucket.name}` as const
  if (o === undefined) {
    checkParameters(query, [])
    require('storage.buckets.get', at, 'Storage bucket')
    return page(query, bucketResource(bucket, deps.projects.find(({ id }) => id === bucket.project)?.number ?? ''), 1)
  }
  if (objectName === undefined) {
    checkParameters(query, ['prefix', 'delimiter', 'maxResults', 'includeFoldersAsPrefixes'])
    require('storage.objects.list', at, 'Storage bucket')
    const { prefixes, items } = listed(bucket, query.get('prefix') ?? '', query.get('delimiter'))
    const found = {
      kind: 'storage#objects',
      ...(prefixes.length > 0 && { prefixes }),
      ...(items.length > 0 && { items }),
    }
    return page(query, found, prefixes.length + items.length)
  }
  checkParameters(query, ['generation'])
  require('storage.objects.get', at, 'Storage object')
  return oneObject(bucket, decodeURIComponent(objectName), query)
}

function checkParameters(query: URLSearchParams, known: readonly string[]): void {
  const accepted: Readonly<Record<string, readonly string[]>> = { alt: ['json', 'media'], projection: ['noAcl'] }
  for (const [name, value] of query) {
    if (name !== 'fields' && !known.includes(name) && !Object.hasOwn(accepted, name))
      throw new Unsupported(`the parameter ${name} of this call`)
    if (accepted[name]?.includes(value) === false) throw new Unsupported(`${name}=${value}`)
  }
}

function projectOf(wanted: string | null, projects: SimulatorConfig['projects']): SimulatorConfig['projects'][number] {
  if (wanted === null) throw new GoogleError(400, 'Required parameter: project')
  const project = projects.find(({ id, number }) => id === wanted || number === wanted)
  if (project === undefined) throw new GoogleError(404, 'The requested project was not found.')
  return project
}

/** Answers in one page or, where that is not enough, not at all. */
function page(query: URLSearchParams, value: Readonly<Record<string, unknown>>, count: number): Answer {
  if (count > Math.min(PAGE, Number(query.get('maxResults') ?? PAGE))) throw new Unsupported('a second page')
  return jsonAnswer(200, selectFields(value, query.get('fields')))
}

const bucketResource = ({ name }: Bucket, projectNumber: string) => ({
  kind: 'storage#bucket',
  id: name,
  name,
  projectNumber,
  location: 'EU',
  storageClass: 'STANDARD',
})

function objectResource({ name: bucket }: Bucket, name: string, content: string) {
  const path = `storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`
  return {
    kind: 'storage#object',
    id: `${bucket}/${name}/1`,
    selfLink: `https://storage.googleapis.com/${path}`,
    mediaLink: `https://storage.googleapis.com/download/${path}?generation=1&alt=media`,
    name,
    bucket,
    generation: '1',
    metageneration: '1',
    contentType: 'text/plain',
    storageClass: 'STANDARD',
    size: String(Buffer.byteLength(content)),
    md5Hash: createHash('md5').update(content).digest('base64'),
    crc32c: crc32c(Buffer.from(content)),
    timeCreated: '2026-01-01T00:00:00.000Z',
    updated: '2026-01-01T00:00:00.000Z',
  }
}

/** What has the delimiter after the prefix is folded into prefixes (Objects: list, "delimiter"). */
function listed(bucket: Bucket, prefix: string, delimiter: string | null) {
  const prefixes = new Set<string>()
  const items: ReturnType<typeof objectResource>[] = []
  for (const [name, content] of Object.entries(bucket.objects).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (!name.startsWith(prefix)) continue
    const cut = delimiter === null || delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length)
    if (cut < 0) items.push(objectResource(bucket, name, content))
    else prefixes.add(name.slice(0, cut + (delimiter?.length ?? 0)))
  }
  return { prefixes: [...prefixes], items }
}

function oneObject(bucket: Bucket, name: string, query: URLSearchParams): Answer {
  const content = Object.hasOwn(bucket.objects, name) ? bucket.objects[name] : undefined
  if (content === undefined || !['1', null].includes(query.get('generation')))
    throw new GoogleError(404, `No such object: ${bucket.name}/${name}`)
  const resource = objectResource(bucket, name, content)
  if (query.get('alt') !== 'media') return page(query, resource, 1)
  const { md5Hash, crc32c, generation, metageneration } = resource
  return {
    status: 200,
    headers: {
      'content-type': 'text/plain',
      'x-goog-generation': generation,
      'x-goog-metageneration': metageneration,
      'x-goog-hash': `crc32c=${crc32c},md5=${md5Hash}`,
    },
    body: content,
  }
}
