import type { FetchDeps } from '../client/fetched-grant.ts'
import { systemClock } from '../platform/clock.ts'
import { nodeHttp } from '../platform/http-node.ts'

/** Google's federated grants are exchanged from here; its library is loaded for them alone. */
export const finishExchange: FetchDeps['exchange'] = async (credential, { clockOffsetMs, signal }) => {
  if (credential.cloud !== 'gcp') return credential
  const { gcpAccessToken } = await import('../client/exchange/gcp.ts')
  const deps = { http: nodeHttp, clock: systemClock, signal, clockOffsetMs }
  const { accessToken, expiresAt } = await gcpAccessToken(deps, credential)
  return { ...credential, accessToken, accessTokenExpires: expiresAt }
}
