import { createHash } from 'node:crypto'
import type { BoundIds, SeenIds } from './auth/types.ts'
import type { SigningKeyRow, Store } from './store/types.ts'
import type { SigningKey, SigningKeys } from './tokens/types.ts'

/** Signing keys as rows of the store. A key may sign as soon as it is the oldest that is not retired, so `activateAt` says its age. */
export function storedKeys(store: Store): SigningKeys {
  return {
    list: () => keysIn(store),
    insert: ({ kid, use, privateJwk, createdAt, acceptedUntil }) =>
      store.transaction((tx) =>
        tx.insertSigningKey({
          kid,
          use,
          privateJwkJson: privateJwk,
          createdAt,
          activateAt: createdAt,
          retireAt: acceptedUntil ?? null,
        }),
      ),
    retire: (kid, acceptedUntil) => store.transaction((tx) => tx.retireSigningKey(kid, acceptedUntil)),
  }
}

export async function keysIn(store: Pick<Store, 'signingKeys'>): Promise<readonly SigningKey[]> {
  const [grant, access] = [await store.signingKeys('grant'), await store.signingKeys('access')]
  return [...grant.map(keyOf('grant')), ...access.map(keyOf('access'))]
}

const keyOf =
  (use: SigningKey['use']) =>
  ({ kid, privateJwkJson, createdAt, retireAt }: SigningKeyRow): SigningKey => ({
    kid,
    use,
    privateJwk: privateJwkJson,
    createdAt,
    ...(retireAt === null ? {} : { acceptedUntil: retireAt }),
  })

/** Ids that were seen, for all replicas and over restarts. */
export function storedIds(store: Store, kind: string): SeenIds {
  return {
    claim: (id, until) => store.transaction((tx) => tx.claim(kind, id, until)),
    has: (id) => store.claimed(kind, id),
  }
}

/** The same for ids that stay with the key which brought them first: both facts become durable together. */
export function storedBindings(store: Store, kind: string): BoundIds {
  return {
    bind: (id, jkt, until) => {
      const bound = createHash('sha256')
        .update(JSON.stringify([id, jkt]))
        .digest('base64url')
      return store.transaction(async (tx) => {
        if (!(await tx.claim(kind, id, until))) return tx.claimed(`${kind}-key`, bound)
        await tx.claim(`${kind}-key`, bound, until)
        return true
      })
    },
  }
}
