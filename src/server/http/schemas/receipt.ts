import { z } from '@hono/zod-openapi'
import { type Receipt, RECEIPT_OUTCOMES } from '../../../contract/receipt.ts'
import { shapeOf } from '../same-shape.ts'
import { instant, maybe } from './members.ts'

/** Body of `POST /v1/grants/{id}/receipts`. */
export const receipt = shapeOf<Receipt>()(
  z.strictObject({
    outcome: z.enum(RECEIPT_OUTCOMES),
    at: instant,
    machine: z.string().max(64),
    why: maybe(z.string().max(2000)),
  }),
).openapi('Receipt')
export const receiptAnswer = z.strictObject({ recorded: z.literal('yes') }).openapi('ReceiptAnswer')
