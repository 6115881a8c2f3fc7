import type { GrantRow, RequestRow, Store } from '../../src/server/store/types.ts'

const HOUR = 3_600_000
export const HOLDER = { issuer: 'https://idp.example', subject: 'rob' }

/** A pending request for another hour. */
export const requestRow = (now: number, row: Partial<RequestRow> & { readonly id: string }): RequestRow => ({
  state: 'pending',
  requesterIssuer: HOLDER.issuer,
  requesterSubject: HOLDER.subject,
  askedJson: '{"a":1}',
  needsJson: '[]',
  decisionJson: null,
  createdAt: now,
  expiresAt: now + HOUR,
  ...row,
})

export const insertRequest = (store: Store, row: Partial<RequestRow> & { readonly id: string }): Promise<RequestRow> =>
  store.transaction(async (tx) => {
    const full = requestRow(await tx.now(), row)
    await tx.insertRequest(full)
    return full
  })

/** A grant that has always been and never ends. */
export const grantRow = (requestId: string, over: Partial<GrantRow> = {}): GrantRow => ({
  id: `g_${requestId}`,
  requestId,
  target: 'dev',
  holderIssuer: HOLDER.issuer,
  holderSubject: HOLDER.subject,
  jkt: 'k',
  deliver: null,
  startsAt: 0,
  endsAt: Number.MAX_SAFE_INTEGER,
  endedAt: null,
  endReason: null,
  collectorPipelinesJson: null,
  ...over,
})
