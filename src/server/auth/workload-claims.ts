import { terminalText } from '../../base/terminal-text.ts'

/** Claims as text by name, nested ones by their path. */
export type ClaimTexts = ReadonlyMap<string, string>

/** All of them travel in the access token, and that in a header. */
const MAX_BYTES = 8_000
const MAX_DEPTH = 4
const NAME = /^(?!__proto__$)[\x21-\x7e]{1,200}$/
/** What the JWT itself is about (RFC 7519 §4.1), and who signed it for whom. */
const REGISTERED = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'])

/** A token that is well signed but says what no policy could safely be asked about. The message is half a sentence. */
export class UnreadableClaims extends Error {}

/**
 * Texts and booleans. Numbers and lists stay out, so that `123` never equals `"123"`: providers write their ids as text, and a
 * token that does not is another one. What cannot be shown to a person, or is said twice, is refused and not left out: a
 * `forbid` that tests the claim would not see it.
 */
export function readClaimTexts(payload: Readonly<Record<string, unknown>>): ClaimTexts {
  const texts = new Map<string, string>()
  for (const [name, text] of flatten(payload, '', 0)) {
    if (!NAME.test(name)) continue
    if (texts.has(name)) throw new UnreadableClaims(`it says ${name} twice`)
    if (terminalText(text) !== text) throw new UnreadableClaims(`its claim ${name} has characters that do not show`)
    texts.set(name, text)
  }
  return texts
}

function* flatten(
  members: Readonly<Record<string, unknown>>,
  prefix: string,
  depth: number,
): Generator<readonly [name: string, text: string]> {
  if (depth > MAX_DEPTH) throw new UnreadableClaims('its claims are nested too deeply')
  for (const [key, value] of Object.entries(members)) {
    const name = prefix === '' || prefix.endsWith('/') ? `${prefix}${key}` : `${prefix}/${key}`
    if (typeof value === 'string') yield [name, value]
    else if (typeof value === 'boolean') yield [name, String(value)]
    else if (typeof value === 'object' && value !== null && !Array.isArray(value))
      yield* flatten({ ...value }, name, depth + 1)
  }
}

/** Whether policies may test a claim of this name: it says something of the job. */
export const isPolicyClaim = (name: string): boolean => !REGISTERED.has(name)

/** Those that policies may test. */
export function policyClaims(texts: ClaimTexts): Readonly<Record<string, string>> {
  const claims = Object.fromEntries([...texts].filter(([name]) => isPolicyClaim(name)))
  if (Buffer.byteLength(JSON.stringify(claims)) > MAX_BYTES)
    throw new UnreadableClaims(`its claims take more than ${MAX_BYTES} bytes`)
  return claims
}
