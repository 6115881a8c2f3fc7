import { object, string } from '../contract/narrow.ts'

/** An OAuth error answer (RFC 6749 §5.2), as it came: not yet fit to be shown. */
export type OAuthError = { readonly error: string; readonly description: string }

const read = object({ error: string }, { error_description: string })

/** The OAuth error in the text of an answer; `undefined` for another kind of answer, such as a proxy's page. */
export function oauthErrorIn(text: string): OAuthError | undefined {
  try {
    const { error, error_description: description = '' } = read(JSON.parse(text), 'answer')
    return { error, description }
  } catch {
    return undefined // no JSON, or no error in it
  }
}
