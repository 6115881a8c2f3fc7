import { JitError } from '../../base/errors.ts'
import type { Clock } from '../../platform/clock.ts'
import { note, ok } from './finding.ts'
import type { Check } from './types.ts'

/** What is known of a login without asking anybody. `job`: the platform whose job logs in by itself when a command needs it. */
export type LoginView =
  | {
      readonly endpoint: string
      /** ms since 1970. */
      readonly accessTokenExpiresAt: number
      readonly renewsItself: boolean
    }
  | { readonly endpoint: string; readonly job: string }

export type LoginCheckDeps = {
  /** `undefined`: nobody is logged in. Opens no browser and asks no network. */
  readonly login: () => Promise<LoginView | undefined>
  readonly clock: Pick<Clock, 'now'>
}

export const loginCheck = ({ login, clock }: LoginCheckDeps): Check => ({
  name: 'login',
  look: async () => {
    try {
      const found = await login()
      if (found === undefined) return [note('Nobody is logged in here.', 'jit login')]
      if ('job' in found) return [ok(`This job logs in to ${found.endpoint} by itself (${found.job}).`)]
      const { endpoint, accessTokenExpiresAt, renewsItself } = found
      if (accessTokenExpiresAt > clock.now()) return [ok(`Logged in to ${endpoint}.`)]
      if (renewsItself) return [ok(`Logged in to ${endpoint}; the next command renews it.`)]
      return [note(`The login to ${endpoint} has expired.`, 'jit login')]
    } catch (error) {
      // said once, by the check of the key store
      if (error instanceof JitError && error.code === 'SECRET_STORE')
        return [note('It can be read once the key store answers.')]
      throw error
    }
  },
})
