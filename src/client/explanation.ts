import type { Explanation, NewRequest } from '../contract/request.ts'
import type { ElevationDeps } from './elevation.ts'
import { preflight, type Wish } from './preflight.ts'

/** Asks nothing: whether this would be approved, by whom, for how long, and which policies decide. A local obstacle is refused just as `elevate` would. */
export async function explainWish(
  { api, leasing, host, signal }: Pick<ElevationDeps, 'api' | 'leasing' | 'host' | 'signal'>,
  wish: Wish,
): Promise<{ readonly explanation: Explanation; readonly request: NewRequest }> {
  const { request } = await preflight(wish, await api.targets(signal), leasing, host)
  return { request, explanation: await api.explain(request, signal) }
}
