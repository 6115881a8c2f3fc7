import { readDiscovery } from '../../contract/discovery.ts'
import { integer, object, oneOf, type Reader, ShapeError, string } from '../../contract/narrow.ts'
import { readMe } from '../../contract/session.ts'
import type { KeyStore } from '../../platform/keychain/types.ts'
import type { Random } from '../../platform/random.ts'
import { readDpopKey } from './dpop.ts'
import { loginFile } from './login-file.ts'
import { corrupt, type Reservation, sealedFile } from './sealed-file.ts'
import type { StoredLogin } from './types.ts'

/** The login of this installation. Callers hold the lock `login` around `load` + `update`, and around `write` and `delete`. */
export interface LoginStore {
  /** `undefined`: nobody is logged in here. */
  load(): Promise<StoredLogin | undefined>
  /** The same login with newer tokens. */
  update(login: StoredLogin): Promise<void>
  /** Another login, under a new key: reserved before the person logs in, written after. */
  reserve(): Promise<Reservation<StoredLogin>>
  delete(): Promise<void>
}

const readVersion: Reader<1> = (value, path) => {
  if (value !== 1) throw new ShapeError(path, 'version 1')
  return value
}
const readStoredLogin: Reader<StoredLogin> = object(
  {
    version: readVersion,
    discovery: readDiscovery,
    flow: oneOf('browser', 'device'),
    me: readMe,
    dpopKey: readDpopKey,
    accessToken: string,
    accessTokenExpiresAt: integer,
  },
  { refreshToken: string },
)

export function loginStore(deps: {
  readonly stateDirectory: string
  readonly keyStore: KeyStore
  readonly random: Random
}): LoginStore {
  const path = loginFile(deps.stateDirectory)
  const file = sealedFile({ path, purpose: 'login', ...deps })
  return {
    async load() {
      const value = await file.read()
      try {
        return value === undefined ? undefined : readStoredLogin(value, 'login')
      } catch (error) {
        throw corrupt(path, 'another version of jit wrote it', error)
      }
    },
    update: (login) => file.update(login),
    reserve: () => file.reserve(),
    delete: () => file.delete(),
  }
}
