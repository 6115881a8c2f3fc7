import { withoutSecrets } from '../../base/without-secrets.ts'
import type { HttpResponse } from '../../platform/http.ts'
import { Refusal } from '../refusal.ts'
import type { LastCall } from './guarded-http.ts'

/** What a cloud said in its own words. `code`: by which its hint is found. */
export type Said = { readonly code: string; readonly words: string }

type Asked = {
  /** Begins each sentence: `Google Cloud`. */
  readonly cloud: string
  /** Whom the endpoint asked for. */
  readonly who: string
  /** What the endpoint must reach. */
  readonly at: string
  readonly said: (answer: HttpResponse) => Said
  /** What an administrator can do, by code. */
  readonly hints: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
}

/** The refusal that a failed exchange stands for: nobody answered, the cloud is not well, or it says no. */
export function cloudRefusal({ answer, failure }: LastCall, asked: Asked): Refusal {
  const { cloud, who, at, said, hints, secrets } = asked
  if (answer === undefined)
    return new Refusal(
      'cloud_unavailable',
      `${cloud} could not be reached: ${withoutSecrets(failure?.message ?? '', secrets)}.`,
      `Check that the endpoint reaches ${at} (HTTPS_PROXY, firewall), then try again.`,
    )
  const { code, words } = said(answer)
  const shown = withoutSecrets(words, secrets)
  if (isTemporary(answer))
    return new Refusal('cloud_unavailable', `${cloud} could not answer for ${who}: ${shown}`, 'Try again in a minute.')
  return new Refusal('cloud_refused', `${cloud} refused ${who}: ${shown}`, hints[code])
}

export const isTemporary = ({ status }: HttpResponse): boolean => status === 429 || status >= 500

/** A code from outside, where it is one. */
export const plainCode = (code: string, otherwise: string): string => (/^\w{1,64}$/.test(code) ? code : otherwise)
