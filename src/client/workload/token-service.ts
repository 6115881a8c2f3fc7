import { JitError } from '../../base/errors.ts'
import { isProtected } from '../../base/protected-url.ts'
import { withoutSecrets } from '../../base/without-secrets.ts'
import { HttpError, type HttpRequest, type HttpResponse } from '../../platform/http.ts'
import { unreachable } from '../../platform/unreachable.ts'
import type { TokenDeps } from './types.ts'

const LIMIT_MS = 10_000

export type Asked = Pick<HttpRequest, 'method' | 'headers' | 'body' | 'direct'> & {
  readonly url: URL
  /** As messages call the service; starts a sentence. */
  readonly service: string
  /** What to do where it refuses. */
  readonly refused: string
}

/** Asks a platform's own token service. The address comes from the job's environment, so it must be https or of this machine. */
export async function askService({ http, signal }: TokenDeps, asked: Asked): Promise<string> {
  const { service, url } = asked
  if (!isProtected(url) && asked.direct !== true)
    throw new JitError(
      'LOGIN_FAILED',
      `${service} is not reached over https here.`,
      'Look at the variables of the job.',
    )
  const answer = await send({ http, signal }, asked)
  if (answer.status >= 200 && answer.status < 300) return answer.text
  const words = withoutSecrets(wordsOf(answer), [])
  const said = words === '' ? '' : `: ${words}`
  if (answer.status >= 500 || answer.status === 429)
    throw new JitError('IDP_UNREACHABLE', `${service} answered ${answer.status}${said}.`, 'Try again in a minute.')
  throw new JitError('LOGIN_FAILED', `${service} gave no token (status ${answer.status})${said}.`, asked.refused)
}

async function send({ http, signal }: Pick<TokenDeps, 'http' | 'signal'>, asked: Asked): Promise<HttpResponse> {
  const { method, url, headers, body, direct, service } = asked
  const request: HttpRequest = {
    method,
    url: url.href,
    headers: { accept: 'application/json', ...headers },
    timeoutMs: LIMIT_MS,
    ...(body === undefined ? {} : { body }),
    ...(direct === undefined ? {} : { direct }),
    ...(signal && { signal }),
  }
  try {
    return await http(request)
  } catch (error) {
    throw error instanceof HttpError ? unreachable('IDP_UNREACHABLE', service, error) : error
  }
}

/** A sentence in a refusal, never a whole page. */
function wordsOf({ text }: HttpResponse): string {
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json !== 'object' || json === null) return ''
    const words = 'message' in json ? json.message : 'error_description' in json ? json.error_description : ''
    return typeof words === 'string' ? words.replace(/[.\s]+$/, '') : ''
  } catch {
    return ''
  }
}

/** The member of a JSON answer that holds the token. */
export function member(text: string, name: string, service: string): string {
  try {
    const json: unknown = JSON.parse(text)
    const entry =
      typeof json === 'object' && json !== null ? Object.entries(json).find(([key]) => key === name) : undefined
    if (typeof entry?.[1] === 'string') return entry[1]
  } catch {
    // said below
  }
  throw new JitError(
    'LOGIN_FAILED',
    `The answer of ${service} holds no token.`,
    'Check that no proxy answers in its place.',
  )
}

/** An address from the environment. `variable` names where it should be. */
export function urlIn(text: string, variable: string): URL {
  if (URL.canParse(text)) return new URL(text)
  throw new JitError('LOGIN_FAILED', `${variable} is no URL.`, 'Leave it as the platform sets it.')
}
