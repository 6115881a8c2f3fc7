import { z } from 'zod'
import { type Answer, jsonAnswer, type WireRequest } from '../http-exchange.ts'
import { allowed } from './authorizer.ts'
import type { Permission } from './config.ts'
import { StatusError, Unsupported } from './status.ts'
import type { User } from './user.ts'

const accessReview = z.object({
  spec: z.strictObject({
    resourceAttributes: z.strictObject({
      namespace: z.string().default(''),
      verb: z.string(),
      group: z.string().default(''),
      version: z.string().optional(),
      resource: z.string(),
      subresource: z.string().default(''),
      name: z.string().default(''),
    }),
  }),
})

/** `SelfSubjectReview` and `SelfSubjectAccessReview`: who am I, and what may I. */
export function review(request: WireRequest, resource: string, user: User, permissions: readonly Permission[]): Answer {
  if (!(request.headers['content-type'] ?? '').startsWith('application/json'))
    throw new StatusError(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format')
  if (resource === 'selfsubjectreviews')
    return jsonAnswer(201, {
      kind: 'SelfSubjectReview',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { creationTimestamp: null },
      status: { userInfo: user },
    })
  const asked = accessReview.safeParse(parseJson(request.body))
  if (!asked.success) throw new Unsupported('this access review')
  const { spec } = asked.data
  const { verb, group, namespace, name, subresource } = spec.resourceAttributes
  const wanted =
    subresource === '' ? spec.resourceAttributes.resource : `${spec.resourceAttributes.resource}/${subresource}`
  return jsonAnswer(201, {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: { creationTimestamp: null },
    spec,
    status: { allowed: allowed(user, { verb, apiGroup: group, resource: wanted, namespace, name }, permissions) },
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
