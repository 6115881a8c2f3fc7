import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'

/** Storage of one running test IdP: gone with it, unlike oidc-provider's own in-memory adapter, which all instances share. */
export function mapAdapter(): AdapterFactory {
  const items = new Map<string, AdapterPayload>()
  const find = (model: string, fits: (payload: AdapterPayload) => boolean): AdapterPayload | undefined =>
    [...items].find(([key, payload]) => key.startsWith(`${model}:`) && fits(payload))?.[1]

  return (model): Adapter => ({
    async upsert(id, payload) {
      items.set(`${model}:${id}`, payload)
    },
    async find(id) {
      return items.get(`${model}:${id}`)
    },
    async findByUid(uid) {
      return find(model, (payload) => payload.uid === uid)
    },
    async findByUserCode(userCode) {
      return find(model, (payload) => payload.userCode === userCode)
    },
    async consume(id) {
      const payload = items.get(`${model}:${id}`)
      if (payload) payload.consumed = Math.floor(Date.now() / 1000)
    },
    async destroy(id) {
      items.delete(`${model}:${id}`)
    },
    async revokeByGrantId(grantId) {
      for (const [key, payload] of items) if (payload.grantId === grantId) items.delete(key)
    },
  })
}
