import { JitError } from '../../base/errors.ts'
import { tokenIn } from './token-shape.ts'
import type { Surroundings, TokenSource } from './types.ts'

const TOKEN = 'JIT_WORKLOAD_TOKEN'
const FILE = 'JIT_WORKLOAD_TOKEN_FILE'

/** Whatever else issues ID tokens: the job names one itself, or the file that something else keeps fresh. */
const given = (variable: typeof TOKEN | typeof FILE): TokenSource => ({
  provider: 'pinned',
  name: variable,
  kind: 'job',
  isHere: ({ env }) => (env[variable] ?? '') !== '',
  jobOf: (around) => [around.env[FILE] ?? '', subjectOf(textOf(around) ?? '')],
  assertSetUp: (around) => void tokenOf(around),
  fetch: async (around) => tokenOf(around),
})

/** The file first, for it may have been renewed since. */
export const givenFile = given(FILE)
export const givenToken = given(TOKEN)

function tokenOf(around: Surroundings): string {
  const text = textOf(around)
  const { [FILE]: file = '' } = around.env
  if (text !== undefined) return tokenIn(text, file === '' ? TOKEN : file)
  if (file !== '')
    throw new JitError('LOGIN_NEEDED', `${file} cannot be read, or is empty.`, `It is what ${FILE} names.`)
  throw new JitError('LOGIN_NEEDED', 'This job names no ID token.', `Set ${FILE} or ${TOKEN}.`)
}

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
