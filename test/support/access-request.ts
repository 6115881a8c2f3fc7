import type { AccessRequest } from '../../src/contract/request.ts'

/** A pending request of alice for prod-db, as the endpoint answers it. */
export function accessRequest(more: Partial<AccessRequest> = {}): AccessRequest {
  return {
    id: 'req_1',
    state: 'pending',
    targets: ['prod-db'],
    durationSeconds: 3600,
    reason: 'slow query',
    requester: { issuer: 'https://idp.corp.example', subject: 'alice', name: 'Alice Adams' },
    origin: { host: 'laptop', address: '192.0.2.7', flow: 'browser' },
    fingerprint: 'amber birch cedar dune',
    createdAt: '2026-11-22T01:00:00Z',
    expiresAt: '2026-11-22T02:00:00Z',
    needs: [],
    grants: [],
    ...more,
  }
}
