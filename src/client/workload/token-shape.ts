import { JitError } from '../../base/errors.ts'

/** Access tokens and ID tokens of the platforms have 1 to 4 KB. */
const LONGEST = 16 * 1024
const JWT = /^[\w-]{4,}\.[\w-]{2,}\.[\w-]{4,}$/

/** A compact JWT (RFC 7519 §3) without the white space around it; what it says is for the endpoint to judge. `from` ends the sentence. */
export function tokenIn(text: string, from: string): string {
  const token = text.trim()
  if (token.length <= LONGEST && JWT.test(token)) return token
  throw new JitError(
    'LOGIN_FAILED',
    `What came from ${from} is no ID token.`,
    'An ID token is a JWT: three parts with dots in between.',
  )
}
