import type { ApprovalApi } from '../../src/client/approval/types.ts'
import type { Order, Progress } from '../../src/client/elevation.ts'
import { dana, grant, iso, NOW, request } from './fake-approval.ts'
import { type Fake, fakeContext } from './fake-context.ts'
import { awsCredential as credential, seal } from './sealed-credential.ts'

const FOREVER = Number.POSITIVE_INFINITY
export const order = (more: Partial<Order> = {}): Order => ({
  ask: { targets: ['prod-db'], reason: 'slow query' },
  waitMs: FOREVER,
  ...more,
})

/** What the endpoint hands out for a grant that {@link approved} names. */
export const sealed: ApprovalApi['credentials'] = async (id, key) => {
  const name = id.replace('grant_', '')
  return { grant: grant(name), credentials: [{ cloud: 'aws', profile: `jit-${name}`, jwe: seal(key, credential) }] }
}
export const approved = (targets = ['prod-db']) =>
  request(
    'approved',
    { targets },
    { decision: { outcome: 'approved', by: 'people', people: [dana], policies: [], at: iso(NOW) } },
  )

/** `jit elevate` with nothing real below it, and what it did and told. */
export async function elevated(given: Fake, asked: Order = order()) {
  const fake = fakeContext({ credentials: sealed, ...given })
  const told: Progress[] = []
  const { elevate } = await fake.ctx.elevation((progress) => void told.push(progress))
  return { ...fake, told, result: elevate(asked) }
}
