import { join } from 'node:path'
import { openKeyStore } from '../../src/cli/key-store.ts'
import { loginStore } from '../../src/client/identity/store.ts'
import { places } from '../../src/platform/places.ts'
import { systemRandom } from '../../src/platform/random.ts'
import type { PersonHome } from './person.ts'

/** The login of this home, as it is when its time is over and the IdP renews nothing. */
export async function expireLogin({ env, home }: Pick<PersonHome, 'env' | 'home'>): Promise<void> {
  const at = places({ env, home, platform: 'linux', cwd: home })
  const store = loginStore({
    stateDirectory: join(at.state),
    keyStore: openKeyStore(env, 'linux', at),
    random: systemRandom,
  })
  const login = await store.load()
  if (login === undefined) throw new Error('nobody is logged in')
  const { refreshToken: _, ...rest } = login
  await store.update({ ...rest, accessTokenExpiresAt: Date.now() - 1000 })
}
