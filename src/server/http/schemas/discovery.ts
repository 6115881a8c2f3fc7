import { z } from '@hono/zod-openapi'
import { type Discovery, PROTOCOL_VERSION } from '../../../contract/discovery.ts'
import { shapeOf } from '../same-shape.ts'
import { list, maybe } from './members.ts'

export const discovery = shapeOf<Discovery>()(
  z.strictObject({
    protocol: z.number().int().openapi({ example: PROTOCOL_VERSION }),
    endpoint: z.string(),
    idp: z.strictObject({
      issuer: z.string(),
      clients: z.strictObject({ browser: maybe(z.string()), device: maybe(z.string()) }),
      scopes: list(z.string()),
    }),
    workloads: maybe(z.strictObject({ audience: z.string(), providers: list(z.string()) })),
  }),
).openapi('Discovery')

export const health = z.strictObject({ status: z.literal('ok') }).openapi('Health')
