import { createHash } from 'node:crypto'
import { type Answer, jsonAnswer, type WireRequest } from '../http-exchange.ts'
import type { Attributes } from './authorizer.ts'
import type { SimulatorConfig } from './config.ts'
import { StatusError, Unsupported } from './status.ts'

type KubernetesObject = {
  readonly apiVersion: 'v1'
  readonly kind: 'Pod' | 'Namespace'
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid: string
    readonly creationTimestamp: string
  }
  readonly [member: string]: unknown
}

/** Since when everything in the cluster has been there. */
const CREATED = '2026-01-01T00:00:00Z'

const podOf = ({ namespace, name }: SimulatorConfig['pods'][number]): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: metadataOf(name, namespace),
  spec: { containers: [{ name: 'main', image: 'registry.corp.example/main:1' }] },
  status: { phase: 'Running' },
})
const namespaceOf = (name: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: metadataOf(name),
  status: { phase: 'Active' },
})
const metadataOf = (name: string, namespace?: string): KubernetesObject['metadata'] => ({
  name,
  ...(namespace !== undefined && { namespace }),
  uid: createHash('sha256')
    .update(`${namespace}/${name}`)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, '$1-$2-$3-$4-$5'),
  creationTimestamp: CREATED,
})

const TABLES = {
  Pod: { columns: ['Name', 'Ready', 'Status', 'Restarts', 'Age'], cells: ['1/1', 'Running', 0] },
  Namespace: { columns: ['Name', 'Status', 'Age'], cells: ['Active'] },
} as const

/** Pods and namespaces, listed or one of them, as objects or as a table. Who asks has been found to be allowed. */
export function objects(request: WireRequest, wanted: Attributes, config: SimulatorConfig, now: number): Answer {
  const { verb, resource, namespace, name } = wanted
  const foreign = [...request.query].filter(([key, value]) => key !== 'limit' && value !== '')
  if ((verb !== 'list' && verb !== 'get') || foreign.length > 0 || !['pods', 'namespaces'].includes(resource))
    throw new Unsupported(`how to ${verb} ${resource} with this query`)
  const all =
    resource === 'pods'
      ? config.pods.filter((pod) => namespace === '' || pod.namespace === namespace).map(podOf)
      : config.namespaces.map(namespaceOf)
  const kind = resource === 'pods' ? 'Pod' : 'Namespace'
  const table = /as=Table;v=v1;g=meta\.k8s\.io/.test(request.headers['accept'] ?? '')
  if (verb === 'list')
    return jsonAnswer(
      200,
      table
        ? tableOf(kind, all, now)
        : { kind: `${kind}List`, apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: all },
    )
  const one = all.find(({ metadata }) => metadata.name === name)
  if (one === undefined)
    throw new StatusError(404, 'NotFound', `${resource} "${name}" not found`, { name, kind: resource })
  return jsonAnswer(200, table ? tableOf(kind, [one], now) : one)
}

const tableOf = (kind: KubernetesObject['kind'], all: readonly KubernetesObject[], now: number) => ({
  kind: 'Table',
  apiVersion: 'meta.k8s.io/v1',
  metadata: { resourceVersion: '1' },
  columnDefinitions: TABLES[kind].columns.map((name) => ({
    name,
    type: name === 'Restarts' ? 'integer' : 'string',
    format: name === 'Name' ? 'name' : '',
    description: '',
    priority: 0,
  })),
  rows: all.map(({ metadata }) => ({
    cells: [metadata.name, ...TABLES[kind].cells, `${Math.floor((now - Date.parse(CREATED)) / 86_400_000)}d`],
    object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata },
  })),
})
