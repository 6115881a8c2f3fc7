import { object, oneOf, type Reader } from './narrow.ts'

export const RECEIPT_OUTCOMES = ['wiped', 'stuck'] as const
export type ReceiptOutcome = (typeof RECEIPT_OUTCOMES)[number]

/**
 * Body of `POST /v1/grants/{id}/receipts`: what became of a grant's credentials on one machine. `stuck`: a wipe failed and is
 * tried again; a later `wiped` of the same machine takes its place, never the other way round.
 */
export type Receipt = {
  readonly outcome: ReceiptOutcome
  /** RFC 3339, on the clock of the machine. */
  readonly at: string
  /** Names the machine without telling which it is: the same for each of its receipts. */
  readonly machine: string
  /** Why a wipe is stuck; no path and no secret in it. */
  readonly why?: string
}

export const readReceiptAnswer: Reader<{ readonly recorded: 'yes' }> = object({ recorded: oneOf('yes') })
