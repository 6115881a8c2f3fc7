import { JitError } from '../../base/errors.ts'
import { tokenIn } from './token-shape.ts'
import type { Surroundings, TokenSource } from './types.ts'

const TOKEN = 'JIT_WORKLOAD_TOKEN'
const FILE = 'JIT_WORKLOAD_TOKEN_FILE'

/** Whatever else issues ID tokens: the job names one itself, or the file that something else keeps fresh. */
export const given: TokenSource = {
  provider: 'pinned',
  name: `the token of ${TOKEN}`,
  kind: 'job',
  isHere: ({ env }) => (env[TOKEN] ?? '') !== '' || (env[FILE] ?? '') !== '',
  jobOf: (around) => [around.env[FILE] ?? '', subjectOf(textOf(around) ?? '')],
  async fetch(around) {
    const text = textOf(around)
    const { [FILE]: file = '' } = around.env
    if (text !== undefined) return tokenIn(text, file === '' ? TOKEN : file)
    if (file !== '')
      throw new JitError('LOGIN_NEEDED', `${file} cannot be read, or is empty.`, `It is what ${FILE} names.`)
    throw new JitError('LOGIN_NEEDED', 'This job names no ID token.', `Set ${FILE} or ${TOKEN}.`)
  },
}

/** The file wins: it may have been renewed since. */
function textOf({ env, readText }: Surroundings): string | undefined {
  const { [TOKEN]: token = '', [FILE]: file = '' } = env
  const text = file === '' ? token : readText(file)
  return text === undefined || text.trim() === '' ? undefined : text
}

/** Whose token it claims to be: two jobs with other tokens must not share a login. Nothing is believed because of it. */
function subjectOf(token: string): string {
  const [, payload = ''] = token.split('.')
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    if (typeof claims !== 'object' || claims === null || !('iss' in claims) || !('sub' in claims)) return ''
    return JSON.stringify([claims.iss, claims.sub])
  } catch {
    return ''
  }
}
