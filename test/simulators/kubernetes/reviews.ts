import { z } from 'zod'
import { type Answer, jsonAnswer, type WireRequest } from '../http-exchange.ts'
import { allowed } from './authorizer.ts'
import type { Permission } from './config.ts'
import { fieldsOf, unwrap } from './protobuf.ts'
import { StatusError, Unsupported } from './status.ts'
import type { User } from './user.ts'

const resourceAttributes = z.strictObject({
  namespace: z.string().default(''),
  verb: z.string(),
  group: z.string().default(''),
  version: z.string().optional(),
  resource: z.string(),
  subresource: z.string().default(''),
  name: z.string().default(''),
})
const accessReview = z.object({ spec: z.strictObject({ resourceAttributes }) })
type ResourceAttributes = z.infer<typeof resourceAttributes>

const PROTOBUF = 'application/vnd.kubernetes.protobuf'

/** `SelfSubjectReview` and `SelfSubjectAccessReview`: who am I, and what may I. */
export function review(request: WireRequest, resource: string, user: User, permissions: readonly Permission[]): Answer {
  const type = request.headers['content-type'] ?? ''
  if (!type.startsWith('application/json') && type !== PROTOBUF)
    throw new StatusError(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format')
  if (resource === 'selfsubjectreviews')
    return jsonAnswer(201, {
      kind: 'SelfSubjectReview',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { creationTimestamp: null },
      status: { userInfo: user },
    })
  const attributes = type === PROTOBUF ? attributesOfMessage(request.body) : attributesOfJson(request.body)
  const { verb, group, namespace, name, subresource } = attributes
  const wanted = subresource === '' ? attributes.resource : `${attributes.resource}/${subresource}`
  return jsonAnswer(201, {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: { creationTimestamp: null },
    spec: { resourceAttributes: attributes },
    status: { allowed: allowed(user, { verb, apiGroup: group, resource: wanted, namespace, name }, permissions) },
  })
}

function attributesOfJson(body: Buffer): ResourceAttributes {
  const asked = accessReview.safeParse(parseJson(body.toString('utf8')))
  if (!asked.success) throw new Unsupported('this access review')
  return asked.data.spec.resourceAttributes
}

/** By the numbers of `k8s.io/api/authorization/v1/generated.proto`. kubectl 1.32 asks in protobuf alone. */
function attributesOfMessage(body: Buffer): ResourceAttributes {
  const spec = fieldsOf(fieldsOf(unwrap(body)).get(2) ?? Buffer.alloc(0))
  const fields = fieldsOf(spec.get(1) ?? Buffer.alloc(0))
  const names = ['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name']
  const asked = resourceAttributes.safeParse(
    Object.fromEntries(names.map((name, index) => [name, fields.get(index + 1)?.toString('utf8') ?? ''])),
  )
  const known = [...spec.keys()].every((each) => each === 1) && [...fields.keys()].every((each) => each <= names.length)
  if (!asked.success || !known) throw new Unsupported('this access review')
  return asked.data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
