import type { Agent } from 'node:https'
import type { Environment } from '../base/environment.ts'
import { JitError } from '../base/errors.ts'

const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']

export const wantsProxy = (env: Environment): boolean => PROXY_VARIABLES.some((name) => (env[name] ?? '') !== '')

/**
 * Sends every later `fetch` and `node:http(s)` call of this process through the proxy that the environment names, `NO_PROXY`
 * honoured: by itself Node ignores the variables. Called once, by the composition roots; loads nothing where none is set.
 */
export async function useProxyFromEnv(env: Environment): Promise<void> {
  if (!wantsProxy(env)) return
  refuseUnreadable(env)
  const http = await import('node:http')
  http.setGlobalProxyFromEnv({ ...env })
}

/** The same for clients that bring their own agent, such as the AWS SDK. */
export async function proxyAgent(env: Environment): Promise<Agent> {
  refuseUnreadable(env)
  const https = await import('node:https')
  return new https.Agent({ keepAlive: true, ...(wantsProxy(env) && { proxyEnv: { ...env } }) })
}

/** Said without the value: it may carry a password. */
function refuseUnreadable(env: Environment): void {
  const wrong = PROXY_VARIABLES.find((name) => (env[name] ?? '') !== '' && !/^https?:$/.test(schemeOf(env[name] ?? '')))
  if (wrong !== undefined)
    throw new JitError('CONFIG', `${wrong} is not a proxy URL.`, `Set it like: ${wrong}=http://proxy.corp.example:3128`)
}

const schemeOf = (url: string): string => (URL.canParse(url) ? new URL(url).protocol : '')
