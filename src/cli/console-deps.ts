import type { ConsoleDeps } from '../client/console.ts'
import { isHeadless as browserIsElsewhere } from '../client/identity/choose-flow.ts'
import type { ServingDeps } from '../client/served-credential.ts'
import { systemClock } from '../platform/clock.ts'
import type { Http } from '../platform/http.ts'
import { nodeHttp } from '../platform/http-node.ts'
import { useProxyFromEnv } from '../platform/proxy.ts'
import { systemRandom } from '../platform/random.ts'
import type { Host } from './host.ts'
import type { Attended } from './ui/attended.ts'

/** What `jit console` works with. */
export async function consoleDeps(
  { process }: Host,
  serving: ServingDeps,
  { busy, signal }: Attended,
): Promise<ConsoleDeps & { readonly isHeadless: boolean }> {
  const { env, platform } = process
  await useProxyFromEnv(env)
  const isHeadless = browserIsElsewhere(env, platform)
  const uid = process.getuid?.()
  const busyHttp: Http = (request) => busy.during('Asking AWS for a sign-in to its console', () => nodeHttp(request))
  const common = { serving, http: busyHttp, random: systemRandom, clock: systemClock, platform, signal, isHeadless }
  return uid === undefined ? common : { ...common, uid }
}
